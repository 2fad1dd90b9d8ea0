import { WAN_ADDRESS_NAME } from "../api/index.ts";
import { EsddnsError } from "../errors.ts";
import type { Term } from "../kube/lease.ts";
import type { RrsetApi } from "../records/rrsets.ts";
import type { WriterContext } from "./context.ts";
import { decisionKey } from "./decisions.ts";

/** Between the end of the longest request to Gandi and the end of the lease there is at least this, milliseconds. */
const LEASE_MARGIN_MS = 1_000;

/**
 * Gandi as a holder of the lease may use it: a PUT goes out only while the lease lasts longer than the request may
 * take, and only while the decision it is made from is the one that stands; a DELETE, which is about no decision, while
 * the lease lasts. A process that was stopped for a while
 * after it had looked at both finds out here. Rejects with ESDDNS_LEASE_TOO_SHORT or ESDDNS_DECISION_SUPERSEDED.
 */
export function fencedLiveDns(context: WriterContext, term: Term, decision: string): RrsetApi {
  const { livedns, wan, gandiTimeoutMs } = context;
  const leased = (): void => {
    if (term.remainingMs() >= gandiTimeoutMs + LEASE_MARGIN_MS) return;
    throw fenced("ESDDNS_LEASE_TOO_SHORT", "not sent to Gandi: the lease may end before the answer comes");
  };
  return {
    reserve: (...args) => livedns.reserve(...args),
    getRrset: (...args) => livedns.getRrset(...args),
    putRrset: async (...args) => {
      leased();
      if (decisionKey(wan.get(WAN_ADDRESS_NAME)) !== decision) {
        throw fenced("ESDDNS_DECISION_SUPERSEDED", "not sent to Gandi: there is a newer decision");
      }
      return await livedns.putRrset(...args);
    },
    deleteRrset: async (...args) => {
      leased();
      return await livedns.deleteRrset(...args);
    },
  };
}

function fenced(code: `ESDDNS_${string}`, message: string): EsddnsError {
  return new EsddnsError(code, message, { retryable: true });
}
