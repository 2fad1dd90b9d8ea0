import type { DnsRecordObject, KubeObject, WanAddressObject, WanObservationObject } from "@esddns/common/api";
import type { Clock, Random } from "../runtime/clock.ts";
import { EsddnsError } from "../runtime/errors.ts";
import type { LiveDns } from "../gandi/livedns.ts";
import type { KubeClient } from "../kube/client.ts";
import type { EventRecorder } from "../kube/events.ts";
import type { KubeFailure } from "../kube/failure.ts";
import type { Watch } from "../kube/watch.ts";
import type { Logger } from "../runtime/log.ts";
import type { Authority } from "../records/verify.ts";
import type { Health } from "../runtime/health.ts";
import type { Metrics } from "../metrics/metrics.ts";

export type Store<T extends KubeObject> = Pick<Watch<T>, "get" | "items" | "put" | "refresh" | "whenSynced">;

/** Everything that the writer needs from outside. */
export interface WriterContext {
  readonly client: Pick<KubeClient, "get" | "apply" | "patch">;
  readonly namespace: string;
  readonly wan: Store<WanAddressObject>;
  readonly observations: Store<WanObservationObject>;
  readonly records: Store<DnsRecordObject>;
  readonly livedns: Pick<LiveDns, "reserve" | "getRrset" | "putRrset" | "deleteRrset" | "dropConnections">;
  /** Queries the name servers that verify records. */
  readonly authority: Authority;
  /** Reads the token as it is mounted now. Rejects if there is none. */
  readonly gandiToken: () => Promise<string>;
  /** The day on which Gandi's token expires, YYYY-MM-DD. Undefined if it is not configured. */
  readonly gandiTokenExpires?: string | undefined;
  /** Timeout of one request to Gandi, in milliseconds. */
  readonly gandiTimeoutMs: number;
  readonly events: EventRecorder;
  readonly metrics: Pick<Metrics, "dnsUpdate" | "dnsFailure" | "reconciled" | "leader" | "verified">;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly health: Pick<Health, "loop" | "ended">;
}

/** Backoff after a request that the API server refused or did not answer, in milliseconds. */
export const WRITE_BACKOFF = { baseMs: 500, maxMs: 30_000 };

/** Longest step of either loop, in milliseconds. It covers a record with several requests to a slow Gandi. */
export const STEP_LIMIT_MS = 180_000;

/** Returns the error for a request that the API server did not carry out. The loop tries again. */
export function notDone(code: `ESDDNS_${string}`, what: string, failure: KubeFailure): EsddnsError {
  return new EsddnsError(code, `${what}: ${failure.message} (${failure.kind})`, { retryable: true });
}
