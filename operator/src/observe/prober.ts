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
/** For so long a server that gave a false alarm is not used for probes. */
const SUSPECT_MS = 3_600_000;

/** What a probe of all families found: the worst of them. */
export type ProbeFinding = "same" | "different" | "silent";

/**
 * The cheap look between full rounds: one STUN server per family, another one each time, is asked whether the address
 * is still the one that this node last found.
 */
export class Prober {
  readonly #deps: RoundDeps;
  /** Per family, the value that probes are expected to find. */
  readonly #expected = new Map<Family, string>();
  readonly #suspects = new Map<string, number>();
  /** Servers whose different answer the next round is to confirm. */
  readonly #alarms = new Map<string, Family>();
  /** Known families that the last round heard nothing of: of those any answer is news. */
  #silent: ReadonlySet<Family> = new Set();
  #lastVotes: readonly Vote[] = [];
  #turn = 0;

  constructor(deps: RoundDeps) {
    this.#deps = deps;
  }

  /** Whether the family has ever been answered for. */
  knows(family: Family): boolean {
    return this.#expected.has(family);
  }

  /** Takes over what a full round found. A server whose alarm it did not confirm becomes a suspect. */
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
   * One probe per family that has ever been answered for, or of every family if none has. A different answer over one
   * family ends the others.
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
    // A retry goes to the next server: one that is down is no news, two are.
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
    // Where nothing was ever heard silence is not news either.
    return this.knows(family) ? "silent" : "same";
  }

  #isExpected(vote: Vote, spec: DetectionSpec): boolean {
    const value = valueOf(vote, spec.prefixLength);
    return value !== undefined && value === this.#expected.get(vote.family);
  }

  /** Those that gave the expected value in the last round, if any; of those the ones that are above suspicion, if any. */
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
