import type { Clock, Random } from "../runtime/clock.ts";
import type { Logger } from "../runtime/log.ts";
import { pause, within } from "../runtime/wait.ts";
import type { KubeClient } from "./client.ts";
import type { KubeFailure, KubeResult } from "./failure.ts";
import { leases, type LeaseObject } from "./resources.ts";

/** Milliseconds. client-go's own defaults: 15 s, 10 s, 2 s. */
interface LeaseTimes {
  /** How long others wait after the holder's last sign of life before they take over. */
  readonly durationMs: number;
  /** A holder that could not renew for this long stops by itself. */
  readonly renewDeadlineMs: number;
  /** Between attempts, both to acquire and to renew. */
  readonly retryMs: number;
}

const LEASE_TIMES: LeaseTimes = { durationMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 };

/** One uninterrupted time as holder of the lease. */
export interface Term {
  /** Aborts when the lease is lost or the process is to stop. */
  readonly signal: AbortSignal;
  /**
   * Milliseconds for which nobody else can hold the lease, counted from before the last successful renewal was sent;
   * at most 0 when it ran out, whether or not anybody has noticed yet.
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
  /** Who holds the lease as far as this contender can see; undefined: nobody. */
  readonly onHolder?: (holder: string | undefined) => void;
  readonly onAlive?: () => void;
}

/** Between the attempts of contenders, as client-go's JitterFactor: up to so much more than retryMs. */
const JITTER = 1.2;

/** What another contender's record looked like, and when this process first saw it so, on its own monotonic clock. */
interface Observed {
  readonly record: string;
  readonly at: number;
  readonly validMs: number;
}

/**
 * Competes for the lease until the signal aborts; each time it is won, runs `lead` for as long as it is held. Never
 * two terms at once: a term ends when `lead` has settled, and only then is the lease given back. As in client-go,
 * another holder's validity is counted from when its record was last seen to change; the times inside the record are
 * for people only, since no two clocks agree.
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
  // Renewing goes on until `lead` has settled, also while it winds up after the outer signal.
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
  /** When the last successful write of this contender's own claim was sent; undefined while not holding. */
  #renewedAt: number | undefined;
  /** This contender's own claim as the API server has taken it. */
  #claimed: LeaseObject | undefined;

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#times = options.times ?? LEASE_TIMES;
  }

  remainingMs(): number {
    if (this.#renewedAt === undefined) return 0;
    return this.#renewedAt + this.#times.durationMs - this.#options.clock.monotonic();
  }

  /** Renews every retryMs; resolves when the signal aborts or when the renew deadline has passed. */
  async renewUntil(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    for (;;) {
      await pause(clock, this.#times.retryMs, signal);
      if (signal.aborted) return;
      if (this.#sinceRenewalMs() < this.#times.renewDeadlineMs && (await this.attempt(signal))) continue;
      // Somebody else holds it, or the deadline is over: either way this term is done.
      const sinceMs = this.#sinceRenewalMs();
      if (sinceMs >= this.#times.renewDeadlineMs) {
        log.warn({ sinceMs }, "lease not renewed in time");
        return;
      }
    }
  }

  /** One try to take or to renew the lease. Any failure is a `false`. */
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

  /** Gives the lease back so that the next holder need not wait. Best effort, and only while it is surely ours. */
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
      // As in client-go: whoever holds it renews without looking. Its resourceVersion tells where somebody else has it.
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
    // Conflict and AlreadyExists: somebody was faster, which is how it is meant to be.
    if (result.error.kind !== "Conflict" && result.error.kind !== "AlreadyExists") {
      this.#options.log.warn({ failure: result.error }, "lease not written");
    }
    return false;
  }

  /** Infinity when somebody else was seen to hold the lease. */
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

/** What stands there is another Lease than the one that was to be replaced, or none at all. */
function isOutdated({ kind }: KubeFailure): boolean {
  return kind === "Conflict" || kind === "NotFound";
}

/** RFC 3339 with six decimals, which is the only form that metav1.MicroTime takes. */
function microTime(epochMs: number): string {
  return new Date(epochMs).toISOString().replace("Z", "000Z");
}
