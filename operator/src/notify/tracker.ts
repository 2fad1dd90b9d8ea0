import { type Condition, type DnsRecordObject, type NoteKind, type WanAddressObject } from "@esddns/common/api";
import { conditionOf, isTrue } from "@esddns/common/cluster";
import { clean } from "@esddns/common/text";

/** One thing to tell people. */
export interface Note {
  /** Notes of one key are about the same: of those not yet sent the newest is enough. */
  readonly key: string;
  readonly kind: NoteKind;
  /** For instance "WAN address" or home.example.com. */
  readonly subject: string;
  readonly text: string;
  /** RFC 3339. */
  readonly time: string;
}

/** How something stands now. */
interface SubjectState {
  readonly subject: string;
  /** Undefined: that is not known, or neither; whatever was told before still holds. */
  readonly good: boolean | undefined;
  readonly kind: "Disputed" | "Failed";
  readonly text: string;
}

interface Tracked {
  good: boolean;
  /** When it became so, on the monotonic clock. */
  since: number;
  /** What people were last told, or would have been had this pod been the one to tell. */
  toldGood: boolean;
}

/** Of a condition, characters. */
const MAX_TEXT = 2_000;
/** Shorter than this nobody is told of a trouble, nor of its end: most are over by then. Milliseconds. */
const SETTLE_MS = 60_000;

/**
 * From states to news. A change of the address is told at once; trouble only when it has lasted a minute, and its end
 * only where the trouble was told and the end has lasted as long. What was found when the looking began is not news,
 * unless it is trouble.
 */
export class Tracker {
  readonly #tracked = new Map<string, Tracked>();
  #decisionId: number | undefined;
  #began = false;

  /** @param now wall clock; @param monotonic milliseconds. `againMs`: when to look again though nothing has changed. */
  update(
    wan: WanAddressObject | undefined,
    records: readonly DnsRecordObject[],
    now: number,
    monotonic: number,
  ): { notes: Note[]; againMs: number | undefined } {
    const time = new Date(now).toISOString();
    const notes = this.#changes(wan);
    const states = statesOf(wan, records);
    let againMs: number | undefined;
    for (const state of states) {
      const { good, subject, text } = state;
      if (good === undefined) continue;
      const tracked = this.#track(subject, good, monotonic);
      if (tracked.good === tracked.toldGood) continue;
      const waitMs = tracked.since + SETTLE_MS - monotonic;
      if (waitMs > 0) {
        againMs = Math.min(againMs ?? Infinity, waitMs);
        continue;
      }
      tracked.toldGood = tracked.good;
      notes.push({ key: `state ${subject}`, kind: good ? "Recovered" : state.kind, subject, text, time });
    }
    const subjects = new Set(states.map(({ subject }) => subject));
    for (const subject of this.#tracked.keys()) {
      // A record that was deleted; the address that is not known about for a moment is kept.
      if (!subjects.has(subject) && subject !== WAN) this.#tracked.delete(subject);
    }
    return { notes, againMs };
  }

  #track(subject: string, good: boolean, monotonic: number): Tracked {
    const before = this.#tracked.get(subject);
    if (before === undefined) {
      const tracked = { good, since: monotonic, toldGood: true };
      this.#tracked.set(subject, tracked);
      return tracked;
    }
    if (before.good !== good) before.since = monotonic;
    before.good = good;
    return before;
  }

  #changes(wan: WanAddressObject | undefined): Note[] {
    const history = wan?.status?.history ?? [];
    const last = wan?.status?.decisionId;
    const seen = this.#began ? (this.#decisionId ?? -1) : Infinity;
    if (wan !== undefined) this.#began = true;
    if (last !== undefined) this.#decisionId = Math.max(last, this.#decisionId ?? -1);
    return history
      .filter(({ decisionId }) => decisionId > seen)
      .reverse()
      .map(({ family, from, to, organisations, time }) => ({
        key: `change ${family}`,
        kind: "Changed",
        subject: WAN,
        text: `${family} is ${to}${from === undefined ? "" : `, before ${from}`}; told by ${organisations.join(", ")}.`,
        time,
      }));
  }
}

const WAN = "WAN address";
/** What people asked for is no trouble, nor is a turn that comes by itself. */
const NO_TROUBLE = ["DryRun", "WaitingForBudget"];

function statesOf(wan: WanAddressObject | undefined, records: readonly DnsRecordObject[]): SubjectState[] {
  const [agreed, ready] = [conditionOf(wan?.status, "Agreed"), conditionOf(wan?.status, "Ready")];
  const worst = ready?.status === "False" ? ready : agreed;
  // Where an address is known there was agreement once: that nobody confirms it any more is trouble.
  const unconfirmed = worst?.status === "Unknown" ? { ...worst, status: "False" as const } : worst;
  const several = isTrue(wan?.status, "MultipleEgress");
  const disputed = several || agreed?.reason === "Disputed";
  return [
    ...stateOf(WAN, unconfirmed, disputed && worst === agreed ? "Disputed" : "Failed"),
    ...records.flatMap(({ metadata, status }) => {
      const name = status?.fqdn ?? metadata.name;
      // Two records may be of one name and of different types.
      const subject = name === metadata.name ? name : `${name} (${metadata.name})`;
      return [
        ...stateOf(subject, conditionOf(status, "Synced"), "Failed"),
        ...stateOf(`${subject}, verification`, conditionOf(status, "Verified"), "Failed"),
      ];
    }),
  ];
}

function stateOf(subject: string, condition: Condition | undefined, kind: SubjectState["kind"]): SubjectState[] {
  if (condition === undefined) return [];
  const { status, reason, message } = condition;
  const text = clean(message, MAX_TEXT);
  const good = status === "Unknown" || NO_TROUBLE.includes(reason) ? undefined : status === "True";
  return [{ subject, good, kind, text }];
}
