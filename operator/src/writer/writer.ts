import { type DnsRecordObject, WAN_ADDRESS_NAME } from "@esddns/common/api";
import type { Term } from "../kube/lease.ts";
import { rrsetKeys } from "../records/duplicates.ts";
import { backoffMs } from "../runtime/wait.ts";
import { WRITE_BACKOFF, type WriterContext } from "./context.ts";
import { Decisions, NewestDecision } from "./decisionLoop.ts";
import { Records } from "./recordLoop.ts";
import type { Unwritten } from "./statuses.ts";
import { TokenCalendar } from "./tokenCalendar.ts";
import { whenTokenChanges } from "./tokenWatch.ts";

/**
 * What the lease holder does, and nobody else: one loop decides, the other keeps the records true to the decision
 * that stands written. Both work on what is, not on what happened, so that a lost event costs time and nothing else.
 */
export class Writer {
  readonly #context: WriterContext;
  /** By record: what of it is news when it changes, and the rrsets that it named then. */
  readonly #known = new Map<string, { generation: string; rrsets: readonly string[] }>();
  readonly #calendar: TokenCalendar;
  readonly #newest = new NewestDecision();
  readonly #unwritten: Unwritten = new Map();
  #led: { decisions: Decisions; records: Records } | undefined;

  constructor(context: WriterContext) {
    this.#context = context;
    this.#calendar = new TokenCalendar(context);
  }

  /** The WanAddress or an observation was read anew. */
  decisionMayChange(): void {
    this.#newest.of(this.#context.wan.get(WAN_ADDRESS_NAME));
    this.#led?.decisions.request();
  }

  /**
   * A DnsRecord was read anew; undefined: it is gone. Its spec, and that it is to go, are news for the record itself and
   * for those that name the same rrset: another one may have it now. All others stay as they are, and cost no look.
   */
  recordChanged(name: string, record: DnsRecordObject | undefined): void {
    const before = this.#known.get(name);
    const now =
      record === undefined
        ? undefined
        : {
            generation: `${record.metadata.uid ?? ""} ${record.metadata.generation ?? 0} ${record.metadata.deletionTimestamp ?? ""}`,
            rrsets: rrsetKeys(record),
          };
    if (record !== undefined && before?.generation === now?.generation) {
      this.#led?.records.statusChanged(record);
      return;
    }
    if (now === undefined) this.#known.delete(name);
    else this.#known.set(name, now);
    // Another family may be needed now.
    this.#led?.decisions.request();
    this.#led?.records.requestNamesakes(name, [...(before?.rrsets ?? []), ...(now?.rrsets ?? [])]);
  }

  /** Works until the term ends. Nothing is sent to Gandi before the term's first decision stands written. */
  async lead(term: Term): Promise<void> {
    const { wan, observations, records, metrics } = this.#context;
    metrics.leader(true);
    try {
      await Promise.all([wan, observations, records].map((each) => each.whenSynced(term.signal)));
      await this.#refresh(term.signal);
      await this.#work(term);
    } finally {
      this.#led = undefined;
      metrics.leader(false);
    }
  }

  /**
   * Reads records and observations past the watches, which may stand still since before the former leader's last writes:
   * a record that is long deleted would be published again. The WanAddress is read before the first decision.
   */
  async #refresh(signal: AbortSignal): Promise<void> {
    const { observations, records, clock, random, log } = this.#context;
    for (let failures = 0; ; failures++) {
      const results = await Promise.all([records.refresh(signal), observations.refresh(signal)]);
      const failed = results.find(({ ok }) => !ok);
      if (failed === undefined || failed.ok) return;
      const waitMs = backoffMs(failures, WRITE_BACKOFF, random);
      log.warn({ failure: failed.error, waitMs: Math.round(waitMs) }, "records and observations not read");
      await clock.sleep(waitMs, signal);
    }
  }

  async #work(term: Term): Promise<void> {
    const records = new Records(this.#context, term, this.#unwritten);
    const decided = Promise.withResolvers<undefined>();
    const decisions = new Decisions(this.#context, this.#newest, (moved) => {
      decided.resolve(undefined);
      if (moved) records.requestAll();
      else records.requestMovedNodes();
    });
    this.#led = { decisions, records };
    const deciding = decisions.run(term.signal).finally(() => {
      decided.resolve(undefined);
    });
    await Promise.all([
      deciding,
      decided.promise.then(() => records.run()),
      this.#calendar.run(term.signal),
      whenTokenChanges(
        this.#context,
        () => {
          records.requestAll();
        },
        term.signal,
      ),
    ]);
  }
}
