import type { DetectionSpec, Vote } from "../api/index.ts";
import { systemClock } from "../clock.ts";
import type { Logger } from "../log.ts";
import type { Retransmission } from "../stun/schedule.ts";
import { pause } from "../wait.ts";
import type { AskDeps, AskLimits } from "./ask.ts";
import { ask } from "./ask.ts";
import { fetchEcho } from "./echo.ts";
import { createPlausibility } from "./plausibility.ts";
import { valueOf } from "./quorum.ts";
import { cachingResolver, dnsLookup } from "./resolver.ts";
import { sourcesOf } from "./sources.ts";
import { stunBinding } from "./stun-binding.ts";

export type RoundDeps = AskDeps;

/** Sends at 0, 500, 1500 and 3500 ms, and has given up when the round does. */
const ROUND_RETRANSMISSION: Retransmission = { rtoMs: 500, transmissions: 4, lastWaitFactor: 3 };
const ROUND_LIMITS: AskLimits = { deadlineMs: 5000, retransmission: ROUND_RETRANSMISSION };
/** Once a round is decided the rest is waited for so long: two transmissions, so that a doubt can still be heard. */
const PATIENCE_MS = 1000;

/** The real clock, name servers, sockets and random numbers. */
export function defaultRoundDeps(log: Logger): RoundDeps {
  return {
    log,
    clock: systemClock,
    random: Math.random,
    resolve: cachingResolver(dnsLookup, systemClock),
    stun: stunBinding,
    echo: fetchEcho,
  };
}

/**
 * One full round: every source is asked once over each of its families, all at the same time, and it is over after
 * 5 s at most. The votes stand in the order of the sources, whatever came first.
 *
 * Rejects only with the signal's reason: what goes wrong with a source is the outcome of its vote.
 *
 * @param enough tells from the votes so far that the round is decided; those that are missing get one more second
 */
export async function runRound(
  spec: DetectionSpec,
  deps: RoundDeps,
  signal: AbortSignal,
  enough: (votes: readonly Vote[]) => boolean = () => false,
): Promise<Vote[]> {
  const plausibility = createPlausibility(spec);
  for (const problem of plausibility.problems) deps.log.warn({ problem }, "A rule of detection has no effect");
  const questions = sourcesOf(spec).flatMap((source) => source.families.map((family) => ({ source, family })));
  const cut = new AbortController();
  const over = new AbortController();
  const limits = { ...ROUND_LIMITS, enough: cut.signal };
  const early: Vote[] = [];
  let decided = false;
  const asked = questions.map(async ({ source, family }) => {
    const vote = await ask(source, family, plausibility, limits, deps, signal);
    early.push(vote);
    if (!decided && enough(early)) {
      decided = true;
      void pause(deps.clock, PATIENCE_MS, over.signal).then(() => {
        cut.abort();
      });
    }
    return vote;
  });
  try {
    const votes = await Promise.all(asked);
    logStun(votes, spec, deps.log);
    return votes;
  } finally {
    over.abort();
  }
}

/** One line per round and family: the address that most STUN servers gave. */
function logStun(votes: readonly Vote[], spec: DetectionSpec, log: Logger): void {
  for (const family of spec.families) {
    const answers = votes.filter((vote) => vote.family === family && vote.transport !== "https");
    const counts = new Map<string, number>();
    for (const { address } of answers.filter((vote) => valueOf(vote, spec.prefixLength) !== undefined)) {
      if (address !== undefined) counts.set(address, (counts.get(address) ?? 0) + 1);
    }
    const [most] = [...counts].sort(([, a], [, b]) => b - a);
    if (most === undefined) continue;
    log.info({ family, servers: most[1], asked: answers.length }, `[stun] Successfully obtained IP: ${most[0]}`);
  }
}
