import { WAN_ADDRESS_NAME } from "@esddns/common/api";
import type { Term } from "../kube/lease.ts";
import { EsddnsError } from "../runtime/errors.ts";
import type { NotSent, RrsetApi } from "../records/rrsets.ts";
import type { WriterContext } from "./context.ts";
import { decisionKey } from "./decisionLoop.ts";

/** Least time between the end of the longest request to Gandi and the end of the lease, in milliseconds. */
const LEASE_MARGIN_MS = 1_000;

/**
 * Throws if the lease is over, even if the signal of the term has not aborted yet. Another leader may have written
 * since, so the results of this run are out of date. What the run may have done at Gandi is already in the status.
 */
export function throwIfOver(term: Term): void {
  if (term.remainingMs() > 0) return;
  throw new EsddnsError("ESDDNS_LEASE_OVER", "the lease is over before this run is", { retryable: true });
}

/**
 * Limits the Gandi client to what the holder of the lease may do. A PUT is sent only if the lease lasts longer than the
 * request may take, and only if its decision is still the current one. A DELETE depends on no decision and needs only
 * the lease. These checks also stop a process that was suspended after it had last checked either of them.
 */
export function fencedLiveDns(context: WriterContext, term: Term, decision: string): RrsetApi {
  const { livedns, wan, gandiTimeoutMs } = context;
  const refusal = (): NotSent | undefined => {
    if (term.remainingMs() >= gandiTimeoutMs + LEASE_MARGIN_MS) return undefined;
    return { kind: "LeaseTooShort", message: "not sent to Gandi: the lease may end before the answer comes" };
  };
  return {
    reserve: (...args) => livedns.reserve(...args),
    getRrset: (...args) => livedns.getRrset(...args),
    putRrset: async (...args) => {
      const error = refusal() ?? (decisionKey(wan.get(WAN_ADDRESS_NAME)) === decision ? undefined : NEWER_DECISION);
      return error === undefined ? await livedns.putRrset(...args) : { ok: false, error };
    },
    deleteRrset: async (...args) => {
      const error = refusal();
      return error === undefined ? await livedns.deleteRrset(...args) : { ok: false, error };
    },
  };
}

const NEWER_DECISION: NotSent = { kind: "Superseded", message: "not sent to Gandi: there is a newer decision" };
