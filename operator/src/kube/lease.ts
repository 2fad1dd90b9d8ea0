import type { Clock, Random } from "../runtime/clock.ts";
import type { Logger } from "../runtime/log.ts";
import { pause, within } from "../runtime/wait.ts";
import type { KubeClient } from "./client.ts";
import type { KubeFailure, KubeResult } from "./failure.ts";
import { leases, type LeaseObject } from "./resources.ts";

/** Milliseconds. client-go's own defaults: 15 s, 10 s, 2 s. */
interface LeaseTimes {
  /** How long others wait after the holder's last renewal before they take over. */
  readonly durationMs: number;
  /** A holder that could not renew for this long stops by itself. */
  readonly renewDeadlineMs: number;
  /** Between attempts, both to acquire and to renew. */
  readonly retryMs: number;
}

const LEASE_TIMES: LeaseTimes = { durationMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 };

/** One uninterrupted period as holder of the lease. */
export interface Term {
  /** Aborts when the lease is lost or the process is to stop. */
  readonly signal: AbortSignal;
  /**
   * Milliseconds for which no other contender can hold the lease, counted from before the last successful renewal was
   * sent. At most 0 after it expired, whether or not that has been noticed yet.
   */
  remainingMs(): number;
}

export interface LeaseOptions {
  readonly client: Pick<KubeClient, "get" | "create" | "update">;
  readonly namespace: string;
  readonly name: string;
  /** Unique among the contenders: the pod's name. */
  readonly identity: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly times?: LeaseTimes;
  /** Receives the current holder as seen by this contender. Undefined: none. */
  readonly onHolder?: (holder: string | undefined) => void;
  readonly onAlive?: () => void;
}

/** Random extra time between the attempts of contenders, as a share of retryMs (JitterFactor in client-go). */
const JITTER = 1.2;

/** Another contender's record, and when this process first saw it, on its own monotonic clock. */
interface Observed {
  readonly record: string;
  readonly at: number;
  readonly validMs: number;
}

/**
 * Competes for the lease until the signal aborts. Each time it wins, it runs `lead` for as long as it holds the lease.
 * There are never two terms at once: a term ends when `lead` has settled, and only then is the lease released.
 *
 * As in client-go, another holder's validity is counted from when its record was last seen to change. The times inside
 * the record are only for people, since no two clocks agree.
 */
export async function runLease(
  options: LeaseOptions,
  lead: (term: Term) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const contender = new Contender(options);
  const { clock, random, log, identity, name } = options;
  const { retryMs } = options.times ?? LEASE_TIMES;
  while (!signal.aborted) {
    if (await contender.attempt(signal)) {
      log.info({ lease: name, identity }, "lease acquired");
      await holdTerm(contender, options, lead, signal);
      log.info({ lease: name, identity, stopping: signal.aborted }, "lease given up");
    }
    await pause(clock, retryMs * (1 + JITTER * random()), signal);
  }
}

async function holdTerm(
  contender: Contender,
  options: LeaseOptions,
  lead: (term: Term) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const ended = new AbortController();
  const term: Term = {
    signal: AbortSignal.any([signal, ended.signal]),
    remainingMs: () => contender.remainingMs(),
  };
  // Renewing continues until `lead` has settled, even while it winds up after the outer signal.
  const settled = new AbortController();
  const renewing = contender.renewUntil(settled.signal).then(() => {
    ended.abort(new DOMException("the lease was lost", "AbortError"));
  });
  try {
    await lead(term);
  } catch (error) {
    if (!term.signal.aborted) options.log.error({ err: error }, "the term as lease holder ended in an error");
  } finally {
    settled.abort();
    await renewing;
    await contender.release();
  }
}

class Contender {
  readonly #options: LeaseOptions;
  readonly #times: LeaseTimes;
  #observed: Observed | undefined;
  /** When this contender's last successful claim was sent. Undefined while it does not hold the lease. */
  #renewedAt: number | undefined;
  /** This contender's own claim as the API server has accepted it. */
  #claimed: LeaseObject | undefined;

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#times = options.times ?? LEASE_TIMES;
  }

  remainingMs(): number {
    if (this.#renewedAt === undefined) return 0;
    return this.#renewedAt + this.#times.durationMs - this.#options.clock.monotonic();
  }

  /** Renews every retryMs. Resolves when the signal aborts or the renew deadline has passed. */
  async renewUntil(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    for (;;) {
      await pause(clock, this.#times.retryMs, signal);
      if (signal.aborted) return;
      if (this.#sinceRenewalMs() < this.#times.renewDeadlineMs && (await this.attempt(signal))) continue;
      // Another contender holds it, or the deadline has passed. Either way this term is over.
      const sinceMs = this.#sinceRenewalMs();
      if (sinceMs >= this.#times.renewDeadlineMs) {
        log.warn({ sinceMs }, "lease not renewed in time");
        return;
      }
    }
  }

  /** Tries once to take or renew the lease. Any failure returns `false`. */
  async attempt(signal: AbortSignal): Promise<boolean> {
    const { clock, onAlive } = this.#options;
    const sentAt = clock.monotonic();
    try {
      const held = await within(clock, this.#times.renewDeadlineMs / 2, signal, (limited) => this.#claim(limited));
      if (held) this.#renewedAt = sentAt;
      return held;
    } catch (error) {
      if (!signal.aborted) this.#options.log.warn({ err: error }, "lease not reached");
      return false;
    } finally {
      onAlive?.();
    }
  }

  /**
   * Releases the lease so that the next holder need not wait. Best effort, and only while this contender surely holds
   * it.
   */
  async release(): Promise<void> {
    const { client, namespace, name, identity, log } = this.#options;
    const ours = this.remainingMs() > 0;
    this.#renewedAt = undefined;
    if (!ours) return;
    const signal = AbortSignal.timeout(2_000);
    try {
      const found = await client.get(leases, { namespace, name }, signal);
      if (!found.ok || found.value.spec?.holderIdentity !== identity) return;
      const spec = { ...found.value.spec, holderIdentity: "", leaseDurationSeconds: 1 };
      const released = await client.update(leases, { ...found.value, spec }, signal);
      if (!released.ok) log.warn({ failure: released.error }, "lease not given back; it runs out by itself");
    } catch {
      log.warn({}, "lease not given back in time; it runs out by itself");
    }
  }

  async #claim(signal: AbortSignal): Promise<boolean> {
    const { client, namespace, name, identity, log } = this.#options;
    if (this.#renewedAt !== undefined && this.#claimed !== undefined) {
      // As in client-go, the holder renews without reading first. The resourceVersion shows if another contender has
      // taken the lease.
      const renewed = await client.update(leases, this.#claimOf(this.#claimed), signal);
      if (renewed.ok || !isOutdated(renewed.error)) return this.#written(renewed);
    }
    const found = await client.get(leases, { namespace, name }, signal);
    if (!found.ok) {
      if (found.error.kind !== "NotFound") {
        log.warn({ failure: found.error }, "lease not read");
        return false;
      }
      return this.#written(await client.create(leases, this.#newLease(), signal));
    }
    this.#observe(found.value);
    const holder = found.value.spec?.holderIdentity ?? "";
    if (holder !== identity && holder !== "" && this.#othersRemainingMs() > 0) {
      this.#renewedAt = undefined;
      return false;
    }
    return this.#written(await client.update(leases, this.#claimOf(found.value), signal));
  }

  #written(result: KubeResult<LeaseObject>): boolean {
    this.#claimed = result.ok ? result.value : undefined;
    if (result.ok) {
      this.#options.onHolder?.(this.#options.identity);
      return true;
    }
    // Conflict and AlreadyExists: another contender was faster, which is normal.
    if (result.error.kind !== "Conflict" && result.error.kind !== "AlreadyExists") {
      this.#options.log.warn({ failure: result.error }, "lease not written");
    }
    return false;
  }

  /** Infinity if another contender was seen to hold the lease. */
  #sinceRenewalMs(): number {
    return this.#renewedAt === undefined ? Infinity : this.#options.clock.monotonic() - this.#renewedAt;
  }

  #observe(lease: LeaseObject): void {
    const spec = lease.spec ?? {};
    this.#options.onHolder?.(spec.holderIdentity === "" ? undefined : spec.holderIdentity);
    const record = JSON.stringify([spec.holderIdentity, spec.renewTime, spec.acquireTime, spec.leaseTransitions]);
    if (record === this.#observed?.record) return;
    const validMs = (spec.leaseDurationSeconds ?? this.#times.durationMs / 1000) * 1000;
    this.#observed = { record, at: this.#options.clock.monotonic(), validMs };
  }

  #othersRemainingMs(): number {
    if (this.#observed === undefined) return 0;
    return this.#observed.at + this.#observed.validMs - this.#options.clock.monotonic();
  }

  #newLease(): LeaseObject {
    const { namespace, name } = this.#options;
    return this.#claimOf({
      apiVersion: leases.apiVersion,
      kind: leases.kind,
      metadata: { name, namespace },
    });
  }

  #claimOf(lease: LeaseObject): LeaseObject {
    const { identity, clock } = this.#options;
    const now = microTime(clock.now());
    const before = lease.spec;
    const same = before?.holderIdentity === identity;
    return {
      ...lease,
      spec: {
        ...before,
        holderIdentity: identity,
        leaseDurationSeconds: Math.ceil(this.#times.durationMs / 1000),
        acquireTime: same ? (before.acquireTime ?? now) : now,
        renewTime: now,
        leaseTransitions: (before?.leaseTransitions ?? 0) + (same || before === undefined ? 0 : 1),
      },
    };
  }
}

/** Reports whether the stored Lease is another one than the one to be replaced, or does not exist. */
function isOutdated({ kind }: KubeFailure): boolean {
  return kind === "Conflict" || kind === "NotFound";
}

/** RFC 3339 with six decimals, which is the only form that metav1.MicroTime accepts. */
function microTime(epochMs: number): string {
  return new Date(epochMs).toISOString().replace("Z", "000Z");
}
