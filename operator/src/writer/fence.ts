import { WAN_ADDRESS_NAME } from "@esddns/common/api";
import type { Term } from "../kube/lease.ts";
import { EsddnsError } from "../runtime/errors.ts";
import type { NotSent, RrsetApi } from "../records/rrsets.ts";
import type { WriterContext } from "./context.ts";
import { decisionKey } from "./decisionLoop.ts";

/** Between the end of the longest request to Gandi and the end of the lease there is at least this, milliseconds. */
const LEASE_MARGIN_MS = 1_000;

/**
 * Throws once the lease is over, also where the end of the term has not come through yet: another leader may have written
 * since, and what this one found is from before. What it may have done at Gandi stands in its note.
 */
export function throwIfOver(term: Term): void {
  if (term.remainingMs() > 0) return;
  throw new EsddnsError("ESDDNS_LEASE_OVER", "the lease is over before this run is", { retryable: true });
}

/**
 * Gandi as a holder of the lease may use it: a PUT goes out only while the lease lasts longer than the request may
 * take, and only while the decision it is made from is the one that stands; a DELETE, which is about no decision, while
 * the lease lasts. A process that was stopped for a while after it had looked at both finds out here.
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
