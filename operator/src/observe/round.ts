import type { DetectionSpec, Family, StunServer, Vote } from "@esddns/common/api";
import { systemClock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/log.ts";
import { publicAddress } from "../router/natpmp.ts";
import { pcpAddress } from "../router/pcp.ts";
import type { Retransmission } from "../udp/schedule.ts";
import { pause } from "../runtime/wait.ts";
import type { AskDeps, AskLimits } from "../sources/ask.ts";
import { ask } from "../sources/ask.ts";
import { fetchEcho } from "../sources/echo.ts";
import { LIST_ORGANISATION } from "@esddns/common/api";
import { applyListMajority } from "../decide/listMajority.ts";
import type { NodeAddresses } from "../sources/nodeAddresses.ts";
import { nodeVotes } from "../sources/nodeAddresses.ts";
import type { Plausibility } from "@esddns/common/ip";
import { createPlausibility } from "@esddns/common/ip";
import { valueOf } from "../decide/quorum.ts";
import { cachingResolver, dnsLookup } from "../sources/resolver.ts";
import { asks, linkOf, sourcesOf } from "@esddns/common/api";
import { stunBinding } from "../sources/stunBinding.ts";

export interface RoundDeps extends AskDeps {
  /** Returns the servers of downloaded lists to ask today. Undefined: no lists are kept. */
  readonly listed?: (spec: DetectionSpec) => readonly StunServer[];
  /** What the node itself knows about its addresses. Undefined: the node's name is unknown. */
  readonly node?: NodeAddresses;
}

/** Sends at 0, 500, 1500 and 3500 ms, and gives up before the round does. */
const ROUND_RETRANSMISSION: Retransmission = { rtoMs: 500, transmissions: 4, lastWaitFactor: 3 };
const ROUND_LIMITS: AskLimits = { deadlineMs: 5000, retransmission: ROUND_RETRANSMISSION };
/** The next link of the chain starts when the one before has answered, and at most this much later. Milliseconds. */
const HEAD_START_MS = 100;
/** How long a decided round waits for the remaining answers: two transmissions, so that a doubt can still be heard. */
const PATIENCE_MS = 1000;
const DEFAULT_COOLDOWN_SECONDS = 5;

/** The real clock, name servers, sockets and random numbers. */
export function defaultRoundDeps(log: Logger): RoundDeps {
  return {
    log,
    clock: systemClock,
    random: Math.random,
    resolve: cachingResolver(dnsLookup, systemClock),
    stun: stunBinding,
    echo: fetchEcho,
    natpmp: publicAddress,
    pcp: pcpAddress,
  };
}

/**
 * Runs one full round: asks every source once over each of its families, for at most 5 s. The votes are returned in the
 * order of the chain, not of their arrival. A link starts only shortly before the next one. Without the next link a
 * lying source would not be contradicted, and a source that is down would delay the round.
 *
 * With `stun.retryAttempts`, servers that did not answer are asked again while a family has answers from fewer
 * organisations than the quorum. Such a round ends before the next one is due.
 *
 * Rejects only with the signal's reason: a fault of a source is the outcome of its vote.
 *
 * @param enough reports from the votes so far whether the round is decided. The remaining sources get one more second
 */
export async function runRound(
  spec: DetectionSpec,
  deps: RoundDeps,
  signal: AbortSignal,
  enough: (votes: readonly Vote[]) => boolean = () => false,
): Promise<Vote[]> {
  const plausibility = createPlausibility(spec);
  for (const problem of plausibility.problems) deps.log.warn({ problem }, "A rule of detection has no effect");
  const startedAt = deps.clock.monotonic();
  const chain = chainOf(spec, plausibility, deps, signal);
  const first = await askChain(chain, deps, (votes) => enough(applyListMajority(votes, spec.prefixLength)));
  const answered = first.decided ? first.answered : await askAgain(first.answered, spec, deps, signal, startedAt);
  const judged = applyListMajority(
    answered.flatMap(({ votes }) => votes),
    spec.prefixLength,
  );
  logStun(judged, spec, deps.log);
  return judged;
}

interface Question {
  /** Returns one vote. The question about the node's own addresses returns one vote for each address. */
  readonly ask: (limits: AskLimits) => Promise<Vote[]>;
  /**
   * Whether the server is from a downloaded list. One of these many servers is always down, so a decided round waits
   * for none.
   */
  readonly listed: boolean;
}

interface Answered {
  readonly question: Question;
  readonly votes: readonly Vote[];
}

/** Returns the questions link by link, in the order of the spec. */
function chainOf(spec: DetectionSpec, plausibility: Plausibility, deps: RoundDeps, signal: AbortSignal): Question[][] {
  const sources = sourcesOf(spec, deps.listed?.(spec));
  const { node } = deps;
  return [...new Set(spec.sources)].map((kind) => [
    ...sources
      .filter((source) => linkOf(source) === kind)
      .flatMap((source) =>
        source.families.map((family) => ({
          ask: async (limits: AskLimits) => [await ask(source, family, plausibility, limits, deps, signal)],
          listed: source.organisation === LIST_ORGANISATION,
        })),
      ),
    ...(kind === "direct" && node !== undefined && asks(spec, kind)
      ? [{ ask: (limits: AskLimits) => nodeVotes(node, spec, plausibility, limits, deps, signal), listed: false }]
      : []),
  ]);
}

async function askChain(
  chain: readonly (readonly Question[])[],
  { clock }: RoundDeps,
  enough: (votes: readonly Vote[]) => boolean,
): Promise<{ answered: readonly Answered[]; decided: boolean }> {
  const startedAt = clock.monotonic();
  const cut = new AbortController();
  const over = new AbortController();
  const early: Vote[] = [];
  let decided = false;
  let missing = chain.flat().filter(({ listed }) => !listed).length;
  const answer = async (question: Question): Promise<Answered> => {
    const deadlineMs = ROUND_LIMITS.deadlineMs - (clock.monotonic() - startedAt);
    const votes = await question.ask({ ...ROUND_LIMITS, deadlineMs, enough: cut.signal });
    early.push(...votes);
    if (!question.listed) missing--;
    if (!decided && enough(early)) {
      decided = true;
      void pause(clock, PATIENCE_MS, over.signal).then(() => {
        cut.abort();
      });
    }
    if (decided && missing === 0) cut.abort();
    return { question, votes };
  };
  const asked: Promise<Answered>[] = [];
  let turn: Promise<unknown> = Promise.resolve();
  for (const link of chain) {
    const mine = turn;
    const answers = link.map((question) => mine.then(() => answer(question)));
    asked.push(...answers);
    turn = mine.then(() => Promise.race([Promise.allSettled(answers), pause(clock, HEAD_START_MS, over.signal)]));
  }
  try {
    return { answered: await Promise.all(asked), decided };
  } finally {
    over.abort();
  }
}

/** Asks silent servers again, as often as the spec allows and as long as it can help. */
async function askAgain(
  first: readonly Answered[],
  spec: DetectionSpec,
  { clock }: RoundDeps,
  signal: AbortSignal,
  startedAt: number,
): Promise<readonly Answered[]> {
  const { retryAttempts = 0, retryCooldownSeconds = DEFAULT_COOLDOWN_SECONDS } = spec.stun;
  const takesMs = retryCooldownSeconds * 1000 + ROUND_LIMITS.deadlineMs;
  let answered = first;
  for (let attempt = 1; attempt <= retryAttempts; attempt++) {
    const short = familiesShort(answered, spec);
    const isSilent = ({ votes }: Answered): boolean =>
      votes.some(({ outcome, family, transport }) => outcome === "Timeout" && short.has(family) && isStun(transport));
    if (!answered.some(isSilent)) break;
    if (clock.monotonic() - startedAt + takesMs > spec.intervalSeconds * 1000) break;
    await clock.sleep(retryCooldownSeconds * 1000, signal);
    answered = await Promise.all(
      answered.map(async (one) => (isSilent(one) ? { ...one, votes: await one.question.ask(ROUND_LIMITS) } : one)),
    );
  }
  return answered;
}

/** Returns the families for which fewer organisations than the quorum gave an address that counts. */
function familiesShort(answered: readonly Answered[], { families, quorum, prefixLength }: DetectionSpec): Set<Family> {
  const votes = answered.flatMap((one) => one.votes).filter((vote) => valueOf(vote, prefixLength) !== undefined);
  return new Set(
    families.filter((of) => {
      const organisations = votes.filter(({ family }) => family === of).map(({ organisation }) => organisation);
      return new Set(organisations).size < quorum;
    }),
  );
}

function isStun(transport: Vote["transport"]): boolean {
  return transport === "udp" || transport === "tcp" || transport === "tls";
}

/** Logs one line per round and family: the address that most STUN servers gave. */
function logStun(votes: readonly Vote[], spec: DetectionSpec, log: Logger): void {
  for (const family of spec.families) {
    const answers = votes.filter((vote) => vote.family === family && isStun(vote.transport));
    const counts = new Map<string, number>();
    for (const { address } of answers.filter((vote) => valueOf(vote, spec.prefixLength) !== undefined)) {
      if (address !== undefined) counts.set(address, (counts.get(address) ?? 0) + 1);
    }
    const [most] = [...counts].sort(([, a], [, b]) => b - a);
    if (most === undefined) continue;
    log.info({ family, servers: most[1], asked: answers.length }, `[stun] Successfully obtained IP: ${most[0]}`);
  }
}
