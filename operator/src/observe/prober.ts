import type { DetectionSpec, Family, StunSource, Vote } from "@esddns/common/api";
import type { Retransmission } from "../udp/schedule.ts";
import { pause } from "../runtime/wait.ts";
import type { AskLimits } from "../sources/ask.ts";
import { ask } from "../sources/ask.ts";
import { createPlausibility } from "@esddns/common/ip";
import type { QuorumVerdict } from "../decide/quorum.ts";
import { valueOf } from "../decide/quorum.ts";
import type { RoundDeps } from "./round.ts";
import { sourcesOf } from "@esddns/common/api";

/** Sends at 0 and 500 ms, and gives up at 2000 ms. */
const PROBE_RETRANSMISSION: Retransmission = { rtoMs: 500, transmissions: 2, lastWaitFactor: 3 };
const PROBE_LIMITS: AskLimits = { deadlineMs: 2500, retransmission: PROBE_RETRANSMISSION };
const RETRY_AFTER_MS = 1000;
/** How long a server that gave a false alarm is not used for probes. */
const SUSPECT_MS = 3_600_000;

/** The worst result of a probe over all families. */
export type ProbeFinding = "same" | "different" | "silent";

/**
 * Looks cheaply between full rounds. A probe asks one STUN server per family, each time another one, whether the
 * address is still the one that this node last found.
 */
export class Prober {
  readonly #deps: RoundDeps;
  /** The value that probes expect to find, per family. */
  readonly #expected = new Map<Family, string>();
  readonly #suspects = new Map<string, number>();
  /** Servers whose different answer the next round has to confirm. */
  readonly #alarms = new Map<string, Family>();
  /** Known families that had no answers in the last round. For these any answer is news. */
  #silent: ReadonlySet<Family> = new Set();
  #lastVotes: readonly Vote[] = [];
  #turn = 0;

  constructor(deps: RoundDeps) {
    this.#deps = deps;
  }

  /** Reports whether the family ever had an answer. */
  knows(family: Family): boolean {
    return this.#expected.has(family);
  }

  /** Takes over the result of a full round. A server whose alarm the round did not confirm becomes a suspect. */
  learn(votes: readonly Vote[], verdicts: ReadonlyMap<Family, QuorumVerdict>): void {
    const now = this.#deps.clock.monotonic();
    for (const [source, family] of this.#alarms) {
      const verdict = verdicts.get(family);
      const confirmed = verdict?.kind !== "Agreed" || verdict.value !== this.#expected.get(family);
      if (!confirmed) this.#suspects.set(source, now + SUSPECT_MS);
    }
    this.#alarms.clear();
    for (const [family, verdict] of verdicts) {
      if (verdict.kind === "Agreed" || verdict.kind === "Unauthenticated") this.#expected.set(family, verdict.value);
    }
    this.#silent = new Set([...verdicts].filter(([, { kind }]) => kind === "Silent").map(([family]) => family));
    this.#lastVotes = votes;
  }

  /**
   * Probes each family that ever had an answer, or every family if none had. A different answer over one family ends
   * the other probes.
   */
  async probe(spec: DetectionSpec, onProbe: (vote: Vote) => void, signal: AbortSignal): Promise<ProbeFinding> {
    const known = spec.families.filter((family) => this.knows(family));
    const families = known.length > 0 ? known : spec.families;
    const turn = this.#turn++;
    const enough = new AbortController();
    const either = AbortSignal.any([signal, enough.signal]);
    const findings = await Promise.all(
      families.map(async (family) => {
        try {
          const finding = await this.#probeFamily(spec, family, turn, onProbe, either);
          if (finding === "different") enough.abort();
          return finding;
        } catch (error) {
          signal.throwIfAborted();
          if (!enough.signal.aborted) throw error;
          return "same";
        }
      }),
    );
    return findings.find((f) => f === "different") ?? findings.find((f) => f === "silent") ?? "same";
  }

  async #probeFamily(
    spec: DetectionSpec,
    family: Family,
    turn: number,
    onProbe: (vote: Vote) => void,
    signal: AbortSignal,
  ): Promise<ProbeFinding> {
    const servers = this.#servers(spec, family);
    const plausibility = createPlausibility(spec);
    // A retry goes to the next server: one server that is down is no news, two are.
    for (const attempt of [0, 1]) {
      const server = servers[(turn + attempt) % servers.length];
      if (server === undefined) return "same";
      if (attempt > 0) await pause(this.#deps.clock, RETRY_AFTER_MS, signal);
      const vote = await ask(server, family, plausibility, PROBE_LIMITS, this.#deps, signal);
      onProbe(vote);
      if (vote.address === undefined) continue;
      if (!this.#isExpected(vote, spec)) this.#alarms.set(server.id, family);
      else if (!this.#silent.has(family)) return "same";
      return "different";
    }
    // For a family that never had an answer silence is no news either.
    return this.knows(family) ? "silent" : "same";
  }

  #isExpected(vote: Vote, spec: DetectionSpec): boolean {
    const value = valueOf(vote, spec.prefixLength);
    return value !== undefined && value === this.#expected.get(vote.family);
  }

  /**
   * Returns the servers that gave the expected value in the last round, if any, and among these the ones that are not
   * suspects, if any.
   */
  #servers(spec: DetectionSpec, family: Family): StunSource[] {
    const now = this.#deps.clock.monotonic();
    const stun = sourcesOf(spec).filter((source): source is StunSource => source.kind === "stun");
    const agreeing = new Set(
      this.#lastVotes
        .filter((vote) => vote.family === family && this.#isExpected(vote, spec))
        .map(({ source }) => source),
    );
    const preferences: ((source: StunSource) => boolean)[] = [
      ({ transport }) => transport === "udp",
      ({ id }) => agreeing.has(id),
      ({ id }) => now >= (this.#suspects.get(id) ?? 0),
    ];
    return preferences.reduce((servers, preferred) => {
      const some = servers.filter(preferred);
      return some.length > 0 ? some : servers;
    }, stun);
  }
}
