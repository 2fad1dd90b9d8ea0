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
 * Does the work of the lease holder. One loop decides. The other loop keeps the records in step with the written
 * decision. Both act on the present state, not on events, so that a lost event only costs time.
 */
export class Writer {
  readonly #context: WriterContext;
  /** By record: the generation that was last handled, and the rrsets that the record named then. */
  readonly #known = new Map<string, { generation: string; rrsets: readonly string[] }>();
  readonly #calendar: TokenCalendar;
  readonly #newest = new NewestDecision();
  readonly #unwritten: Unwritten = new Map();
  #led: { decisions: Decisions; records: Records } | undefined;

  constructor(context: WriterContext) {
    this.#context = context;
    this.#calendar = new TokenCalendar(context);
  }

  /** Call when the WanAddress or an observation was read again. */
  decisionMayChange(): void {
    this.#newest.of(this.#context.wan.get(WAN_ADDRESS_NAME));
    this.#led?.decisions.request();
  }

  /**
   * Call when a DnsRecord was read again, or with undefined when it is deleted. If its spec changed or its deletion
   * began, requeues the record and all that name the same rrset, because another record may own the rrset now. Other
   * records are not requeued.
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
    // The change may need another address family.
    this.#led?.decisions.request();
    this.#led?.records.requestNamesakes(name, [...(before?.rrsets ?? []), ...(now?.rrsets ?? [])]);
  }

  /** Works until the term ends. Sends nothing to Gandi before the term's first decision is written. */
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
   * Reads records and observations from the API server. The watches may lack the former leader's last writes, and a
   * record that is already deleted would be published again. The WanAddress is read before the first decision.
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
