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

/** What the writer works with. */
export interface WriterContext {
  readonly client: Pick<KubeClient, "get" | "apply" | "patch">;
  readonly namespace: string;
  readonly wan: Store<WanAddressObject>;
  readonly observations: Store<WanObservationObject>;
  readonly records: Store<DnsRecordObject>;
  readonly livedns: Pick<LiveDns, "reserve" | "getRrset" | "putRrset" | "deleteRrset" | "dropConnections">;
  /** Whom records are verified by. */
  readonly authority: Authority;
  /** The token as it is mounted now; rejects when there is none. */
  readonly gandiToken: () => Promise<string>;
  /** The day on which Gandi's token ends, YYYY-MM-DD; undefined: nobody has said. */
  readonly gandiTokenExpires?: string | undefined;
  /** What one request to Gandi may take at most, milliseconds. */
  readonly gandiTimeoutMs: number;
  readonly events: EventRecorder;
  readonly metrics: Pick<Metrics, "dnsUpdate" | "dnsFailure" | "reconciled" | "leader" | "verified">;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly health: Pick<Health, "loop" | "ended">;
}

/** Retries of what the API server did not take, milliseconds. */
export const WRITE_BACKOFF = { baseMs: 500, maxMs: 30_000 };

/** One step of either loop, a record with several requests to a slow Gandi included, is over by then. Milliseconds. */
export const STEP_LIMIT_MS = 180_000;

/** For what the API server did not do: the loop comes back to it. */
export function notDone(code: `ESDDNS_${string}`, what: string, failure: KubeFailure): EsddnsError {
  return new EsddnsError(code, `${what}: ${failure.message} (${failure.kind})`, { retryable: true });
}
