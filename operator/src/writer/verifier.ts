import { isDeepStrictEqual } from "node:util";
import { type DnsRecordObject, type DnsRecordStatus, type PublishedRrset, WAN_ADDRESS_NAME } from "@esddns/common/api";
import { conditionOf, isTrue } from "@esddns/common/cluster";
import { WorkQueue } from "../runtime/queue.ts";
import { withCondition } from "../records/findings.ts";
import { type VerificationVerdict, verify } from "../records/verify.ts";
import { backoffMs } from "../runtime/wait.ts";
import { createPlausibility } from "@esddns/common/ip";
import { STEP_LIMIT_MS, type WriterContext } from "./context.ts";

/** Delay of the first check after a write, in milliseconds. Gandi's servers have a change within seconds. */
const FIRST_LOOK_MS = 3_000;
/** Backoff while not every server answers with the published rrsets. */
const BACKOFF = { baseMs: 5_000, maxMs: 300_000 };
/** Interval once every server does, in milliseconds. */
const TRUE_MS = 30 * 60_000;
/** A new leader checks records that were already verified within this time, in milliseconds, a few at a time. */
const TAKEN_OVER_MS = 60_000;
/** How long after a write old answers are expected, in milliseconds. */
const GRACE_MS = 120_000;

/** Asks the zones' own name servers whether they serve what was published. Writes never wait for this check. */
export class Verifier {
  readonly #context: WriterContext;
  readonly #queue: WorkQueue;
  readonly #onVerdict: (name: string) => void;
  readonly #verdicts = new Map<string, { about: readonly PublishedRrset[]; verdict: VerificationVerdict }>();
  /** By record, the monotonic time of the last write, in milliseconds. */
  readonly #writtenAt = new Map<string, number>();
  readonly #failures = new Map<string, number>();

  /** @param onVerdict called with the name of a record that has a verdict to write. */
  constructor(context: WriterContext, onVerdict: (name: string) => void) {
    this.#context = context;
    this.#queue = new WorkQueue(context.clock);
    this.#onVerdict = onVerdict;
  }

  /** Returns the status with the condition Verified right after a run, before the servers are asked. */
  follow(record: DnsRecordObject, status: DnsRecordStatus, wasWritten: boolean): DnsRecordStatus {
    const { name, generation } = record.metadata;
    const { clock } = this.#context;
    if (status.published === undefined || record.spec.dryRun) {
      const conditions = status.conditions?.filter(({ type }) => type !== "Verified");
      return { ...status, conditions };
    }
    const moved = !isDeepStrictEqual(status.published, record.status?.published);
    if (!wasWritten && !moved && conditionOf(status, "Verified") !== undefined) return status;
    if (wasWritten) this.#writtenAt.set(name, clock.monotonic());
    this.#failures.delete(name);
    this.#queue.add(name, FIRST_LOOK_MS);
    const message = "The zone's name servers are asked next.";
    const pending = { type: "Verified", status: "Unknown", reason: "Pending", message } as const;
    return { ...status, conditions: withCondition(status.conditions ?? [], pending, { generation, now: clock.now() }) };
  }

  /** Returns the status with the servers' verdict, or undefined if it is not about the rrsets published now. */
  apply(record: DnsRecordObject): DnsRecordStatus | undefined {
    const { status, metadata } = record;
    const known = this.#verdicts.get(metadata.name);
    if (known === undefined || !isDeepStrictEqual(known.about, status?.published)) return undefined;
    const time = { generation: metadata.generation, now: this.#context.clock.now() };
    return {
      ...status,
      conditions: withCondition(status?.conditions ?? [], { type: "Verified", ...known.verdict }, time),
    };
  }

  forget(name: string): void {
    for (const map of [this.#verdicts, this.#writtenAt, this.#failures]) map.delete(name);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { records, random, health } = this.#context;
    for (const record of records.items()) {
      const verified = isTrue(record.status, "Verified");
      this.#queue.add(record.metadata.name, verified ? random() * TAKEN_OVER_MS : FIRST_LOOK_MS);
    }
    await this.#queue.run((name) => this.#step(name, signal), signal, health.loop("verification", STEP_LIMIT_MS));
    health.ended("verification");
  }

  async #step(name: string, signal: AbortSignal): Promise<void> {
    const { records, wan, authority, clock, random, log, metrics } = this.#context;
    const record = records.get(name);
    const { published, zone, fqdn } = record?.status ?? {};
    if (record === undefined || published === undefined || fqdn === undefined || record.spec.dryRun) return;
    const allowNonGlobal = wan.get(WAN_ADDRESS_NAME)?.spec.allowNonGlobal ?? [];
    const { mayContact } = createPlausibility({ allowNonGlobal, excluded: [] });
    try {
      const subject = { zone: zone ?? record.spec.zone, fqdn, published };
      const verdict = this.#patient(name, await verify(subject, { authority, mayContact, clock }, signal));
      log.debug({ record: name, ...verdict }, "DNS record asked of the zone's name servers");
      metrics.verified(name, verdict.status, clock.now());
      this.#verdicts.set(name, { about: published, verdict });
      this.#onVerdict(name);
      const failures = verdict.status === "True" ? 0 : (this.#failures.get(name) ?? 0) + 1;
      this.#failures.set(name, failures);
      this.#queue.add(name, failures === 0 ? TRUE_MS : backoffMs(failures - 1, BACKOFF, random));
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** Turns Differs into Pending right after a write, because a server may still answer with the former rrset. */
  #patient(name: string, verdict: VerificationVerdict): VerificationVerdict {
    const written = this.#writtenAt.get(name);
    if (verdict.reason !== "Differs" || written === undefined) return verdict;
    if (this.#context.clock.monotonic() - written >= GRACE_MS) return verdict;
    return { ...verdict, status: "Unknown", reason: "Pending" };
  }
}
