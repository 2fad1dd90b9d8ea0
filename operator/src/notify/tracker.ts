import { type Condition, type DnsRecordObject, type NoteKind, type WanAddressObject } from "@esddns/common/api";
import { conditionOf, isTrue } from "@esddns/common/cluster";
import { clean } from "@esddns/common/text";

/** One notification. */
export interface Note {
  /** Notes with one key have the same subject: of those not sent yet only the newest is needed. */
  readonly key: string;
  readonly kind: NoteKind;
  /** For example "WAN address" or home.example.com. */
  readonly subject: string;
  readonly text: string;
  /** RFC 3339. */
  readonly time: string;
}

/** The present state of a subject. */
interface SubjectState {
  readonly subject: string;
  /** Undefined: unknown, or neither good nor bad. The state that was reported before still holds. */
  readonly good: boolean | undefined;
  readonly kind: "Disputed" | "Failed";
  readonly text: string;
}

interface Tracked {
  good: boolean;
  /** When it last changed, on the monotonic clock. */
  since: number;
  /** The state that people were last told, or would have been if this pod had been the one to send. */
  toldGood: boolean;
}

/** Per condition, characters. */
const MAX_TEXT = 2_000;
/** A fault that is shorter than this is not reported, and neither is its end: most are over by then. Milliseconds. */
const SETTLE_MS = 60_000;

/**
 * Turns states into news. A change of the address is reported at once. A fault is reported only when it has lasted a
 * minute. Its end is reported only if the fault was, and once it has lasted as long. The state at the start is not
 * news, unless it is a fault.
 */
export class Tracker {
  readonly #tracked = new Map<string, Tracked>();
  #decisionId: number | undefined;
  #began = false;

  /**
   * @param now wall clock
   * @param monotonic milliseconds
   * @returns `againMs`: when to look again even if nothing has changed
   */
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
      // Forgets a deleted record. The WAN address is kept while it is briefly unknown.
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
/** A state that the configuration asks for is no fault, nor is a wait that ends by itself. */
const NO_TROUBLE = ["DryRun", "WaitingForBudget"];

function statesOf(wan: WanAddressObject | undefined, records: readonly DnsRecordObject[]): SubjectState[] {
  const [agreed, ready] = [conditionOf(wan?.status, "Agreed"), conditionOf(wan?.status, "Ready")];
  const worst = ready?.status === "False" ? ready : agreed;
  // A known address was agreed once. If no source confirms it any more, that is a fault.
  const unconfirmed = worst?.status === "Unknown" ? { ...worst, status: "False" as const } : worst;
  const several = isTrue(wan?.status, "MultipleEgress");
  const disputed = several || agreed?.reason === "Disputed";
  return [
    ...stateOf(WAN, unconfirmed, disputed && worst === agreed ? "Disputed" : "Failed"),
    ...records.flatMap(({ metadata, status }) => {
      const name = status?.fqdn ?? metadata.name;
      // Two records may have one name and different types.
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
