import { isDeepStrictEqual } from "node:util";
import {
  type DnsRecordObject,
  type Family,
  WAN_ADDRESS_NAME,
  type WanAddressObject,
  type WanAddressStatus,
} from "@esddns/common/api";
import { conditionOf } from "@esddns/common/cluster";
import { addressData, writeAddressConfigMap, writeDecision } from "../kube/apply.ts";
import { wanAddresses } from "../kube/resources.ts";
import { WorkQueue } from "../runtime/queue.ts";
import { backoffMs } from "../runtime/wait.ts";
import { type Decision, decide } from "../decide/decide.ts";
import { notDone, STEP_LIMIT_MS, WRITE_BACKOFF, type WriterContext } from "./context.ts";

/** How often a decision is made again at least, in milliseconds, in case a change was missed. */
const REDECIDE_MS = 30_000;
/**
 * How often the ConfigMap is written again, in milliseconds. It is not watched, so this undoes foreign changes to it.
 */
const CONFIG_MAP_MS = 10 * 60_000;

/** The newest decision that this pod knows, made by this or another leader. It outlives the term. */
export class NewestDecision {
  #known: Pick<WanAddressObject, "metadata" | "status"> | undefined;

  /**
   * Returns the object's status, or a newer status of the same object if this pod knows one. Decision numbers only
   * rise. A lower number comes from a restored backup of etcd, and its address is one that the line no longer has. A
   * different object, or one without a status, starts from the beginning.
   */
  of(object: Pick<WanAddressObject, "metadata" | "status"> | undefined): WanAddressStatus | undefined {
    const [stored, known] = [object?.status?.decisionId, this.#known?.status?.decisionId];
    const isSame = object?.metadata.uid === this.#known?.metadata.uid;
    if (!isSame || stored === undefined || known === undefined || stored >= known) this.#known = object;
    return this.#known?.status;
  }
}

/** Identifies a decision by object and number, because a WanAddress that is created again counts from 1. */
export function decisionKey(object: Pick<WanAddressObject, "metadata" | "status"> | undefined): string {
  return `${object?.metadata.uid ?? ""} ${object?.status?.decisionId ?? ""}`;
}

/**
 * Decides the status of the WanAddress from all observations and the former decision. It writes the status with the
 * resourceVersion that it read. After a conflict, or any other refusal, it waits, reads again and decides again.
 */
export class Decisions {
  readonly #context: WriterContext;
  readonly #queue: WorkQueue;
  readonly #newest: NewestDecision;
  readonly #onDecided: (moved: boolean) => void;
  /** Whether the store may be behind the API server. */
  #mustRead = true;
  #failures = 0;
  /** The decision last passed to `onDecided`. */
  #told: string | undefined;
  /** What this term last wrote to the ConfigMap, and when (monotonic milliseconds). */
  #configMap: { readonly data: Record<string, string>; readonly atMs: number } | undefined;

  /**
   * @param onDecided called when the status is known to hold the right decision. `moved`: the decision differs from the
   * one before, whichever leader made it.
   */
  constructor(context: WriterContext, newest: NewestDecision, onDecided: (moved: boolean) => void) {
    this.#context = context;
    this.#newest = newest;
    this.#queue = new WorkQueue(context.clock);
    this.#onDecided = onDecided;
  }

  /** Requests a decision, because its input may have changed. */
  request(): void {
    this.#queue.add(WAN_ADDRESS_NAME);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { health } = this.#context;
    this.request();
    await this.#queue.run(() => this.#step(signal), signal, health.loop("decisions", STEP_LIMIT_MS));
    health.ended("decisions");
  }

  async #step(signal: AbortSignal): Promise<void> {
    const { log, random } = this.#context;
    try {
      const againMs = await this.#decide(signal);
      this.#failures = 0;
      this.#queue.add(WAN_ADDRESS_NAME, againMs);
    } catch (error) {
      if (signal.aborted) return;
      this.#mustRead = true;
      const waitMs = backoffMs(this.#failures++, WRITE_BACKOFF, random);
      log.warn({ err: error, waitMs: Math.round(waitMs) }, "decision to be made anew");
      this.#queue.add(WAN_ADDRESS_NAME, waitMs);
    }
  }

  /** Decides once. Returns after how many milliseconds to decide again. */
  async #decide(signal: AbortSignal): Promise<number> {
    const { wan, observations, records, clock } = this.#context;
    if (this.#mustRead) await this.#read(signal);
    const present = wan.get(WAN_ADDRESS_NAME);
    if (present === undefined) {
      this.#onDecided(false);
      return REDECIDE_MS;
    }
    const decision = decide({
      spec: present.spec,
      observations: observations.items(),
      previous: this.#newest.of(present),
      generation: present.metadata.generation ?? 0,
      neededFamilies: neededFamilies(records.items()),
      now: clock.now(),
    });
    if (!isDeepStrictEqual(decision.status, present.status)) await this.#write(present, decision, signal);
    const decided = { metadata: present.metadata, status: decision.status };
    const moved = decisionKey(decided) !== this.#told;
    this.#told = decisionKey(decided);
    this.#newest.of(decided);
    this.#onDecided(moved);
    await this.#writeConfigMap(decision.status, signal);
    return Math.min(decision.recheckAfterMs ?? REDECIDE_MS, REDECIDE_MS);
  }

  /** Reads from the API server, because the watch may be behind what another leader wrote. */
  async #read(signal: AbortSignal): Promise<void> {
    const { client, namespace, wan } = this.#context;
    const read = await client.get(wanAddresses, { namespace, name: WAN_ADDRESS_NAME }, signal);
    if (read.ok) wan.put(read.value);
    else if (read.error.kind !== "NotFound") throw notDone("ESDDNS_NOT_READ", "WanAddress not read", read.error);
    this.#mustRead = false;
  }

  async #write(present: WanAddressObject, decision: Decision, signal: AbortSignal): Promise<void> {
    const { client, wan } = this.#context;
    const written = await writeDecision(client, present, decision.status, signal);
    if (!written.ok) throw notDone("ESDDNS_NOT_WRITTEN", "WanAddress status not written", written.error);
    wan.put(written.value);
    this.#announceChanges(present, decision);
    this.#announceDoubt(present, decision.status);
    this.#announceNat(present, decision.status);
    this.#announceUnauthenticated(present, decision.status);
  }

  #announceChanges(present: WanAddressObject, { changes }: Decision): void {
    const { events, log, livedns } = this.#context;
    // Connections that were opened from the former address no longer work.
    if (changes.length > 0) livedns.dropConnections();
    for (const { decisionId, family, from, to, organisations } of changes) {
      log.info({ decisionId, family, from, to, organisations }, "WAN address changed");
      const before = from === undefined ? "" : `, before ${from}`;
      const note = `${family} is ${to}${before}; told by ${organisations.join(", ")}.`;
      events.record(present, { type: "Normal", reason: "Changed", action: "Decide", note });
    }
  }

  #announceDoubt(present: WanAddressObject, status: WanAddressStatus): void {
    const { events, log } = this.#context;
    const agreed = conditionOf(status, "Agreed");
    if (agreed?.status !== "False" || conditionOf(present.status, "Agreed")?.reason === agreed.reason) return;
    log.warn({ reason: agreed.reason, detail: agreed.message }, "WAN address not agreed");
    events.record(present, { type: "Warning", reason: agreed.reason, action: "Decide", note: agreed.message });
  }

  #announceNat(present: WanAddressObject, status: WanAddressStatus): void {
    const { events, log } = this.#context;
    const [before, after] = [present.status, status].map((one) => one && conditionOf(one, "BehindNAT"));
    const behind = after?.status === "True";
    if (after === undefined || (behind ? before?.reason === after.reason : before?.status !== "True")) return;
    if (!behind && after.status === "Unknown") return;
    log.warn({ reason: after.reason, detail: after.message }, behind ? "behind NAT" : "no longer behind NAT");
    events.record(present, {
      type: behind ? "Warning" : "Normal",
      reason: after.reason,
      action: "Decide",
      note: after.message,
    });
  }

  #announceUnauthenticated(present: WanAddressObject, status: WanAddressStatus): void {
    const { events, log } = this.#context;
    const condition = conditionOf(status, "Unauthenticated");
    const before = present.status && conditionOf(present.status, "Unauthenticated");
    if (condition === undefined || before !== undefined) return;
    const { reason, message: note } = condition;
    log.warn({ reason, detail: note }, "WAN address is not authenticated");
    events.record(present, { type: "Warning", reason, action: "Decide", note });
  }

  async #writeConfigMap(status: WanAddressStatus, signal: AbortSignal): Promise<void> {
    const data = addressData(status);
    const { client, namespace, clock } = this.#context;
    const { data: before, atMs = 0 } = this.#configMap ?? {};
    if (isDeepStrictEqual(data, before) && clock.monotonic() - atMs < CONFIG_MAP_MS) return;
    const written = await writeAddressConfigMap(client, namespace, data, signal);
    if (!written.ok) throw notDone("ESDDNS_NOT_WRITTEN", "ConfigMap with the address not written", written.error);
    this.#configMap = { data, atMs: clock.monotonic() };
  }
}

/** Returns the families for which at least one record needs the WAN address. */
function neededFamilies(records: readonly DnsRecordObject[]): Family[] {
  const types = new Set(records.filter(({ spec }) => spec.source.kind === "Wan").flatMap(({ spec }) => spec.types));
  return [...(types.has("A") ? (["IPv4"] as const) : []), ...(types.has("AAAA") ? (["IPv6"] as const) : [])];
}
