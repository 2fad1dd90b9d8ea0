import type { Confirmation, DetectionSpec, Family, Vote } from "@esddns/common/api";
import { pause } from "../runtime/wait.ts";
import { Confirmations, isConfirmed } from "../decide/confirmations.ts";
import type { RoundResult } from "./cadence.ts";
import { Cadence } from "./cadence.ts";
import { Prober } from "./prober.ts";
import type { QuorumVerdict } from "../decide/quorum.ts";
import { judgeVotes } from "../decide/quorum.ts";
import type { RoundDeps } from "./round.ts";
import { runRound } from "./round.ts";
import { asks } from "@esddns/common/api";

export interface ObserveOptions {
  /** Returns the current settings. Called before every round and probe. */
  readonly spec: () => DetectionSpec;
  /**
   * Receives the votes of each full round and the values that their quorums have confirmed, one round at a time. If it
   * rejects, the next round comes sooner.
   */
  readonly onRound: (votes: Vote[], durationMs: number, confirmations: Confirmation[]) => Promise<void>;
  readonly onProbe?: (result: Vote) => void;
  /** Called when a probe got an answer and found the same value as the last round. */
  readonly onSame?: () => void;
  /**
   * Receives a function that asks for a full round at once, for example because another node saw another address or the
   * spec changed.
   */
  readonly wake?: (trigger: () => void) => void;
  readonly deps: RoundDeps;
  readonly signal: AbortSignal;
}

/**
 * Runs the node's loop: full rounds and probes between them. A round comes at once when a probe sees another address,
 * when two probes get no answer, or when the trigger is called. Resolves when the signal aborts, and not before.
 */
export async function observe(options: ObserveOptions): Promise<void> {
  const { deps, signal } = options;
  const { clock } = deps;
  const limits = (): { intervalMs: number; probeIntervalMs: number } => {
    const { intervalSeconds, probeIntervalSeconds } = options.spec();
    return { intervalMs: intervalSeconds * 1000, probeIntervalMs: probeIntervalSeconds * 1000 };
  };
  const cadence = new Cadence(limits, deps.random, clock.monotonic());
  const prober = new Prober(deps);
  const confirmations = new Confirmations(clock);
  let interrupt = new AbortController();
  const wakeUp = (): void => {
    interrupt.abort();
  };
  options.wake?.(() => {
    cadence.hurry();
    wakeUp();
  });
  signal.addEventListener("abort", wakeUp);
  try {
    while (!signal.aborted) {
      if (interrupt.signal.aborted) interrupt = new AbortController();
      const now = clock.monotonic();
      const due = cadence.next(now);
      if (due.at > now) await pause(clock, due.at - now, interrupt.signal);
      else if (due.action === "round") await round(options, cadence, prober, confirmations);
      else await probe(options, cadence, prober, interrupt.signal);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener("abort", wakeUp);
  }
}

async function round(
  options: ObserveOptions,
  cadence: Cadence,
  prober: Prober,
  confirmations: Confirmations,
): Promise<void> {
  const { deps, signal } = options;
  const spec = options.spec();
  // Logged with every round: kubectl logs with a selector shows the last ten lines of a pod, and people look for this
  // one.
  if (asks(spec, "stun")) deps.log.info({}, "STUN protocol enabled for IP discovery");
  const startedAt = deps.clock.monotonic();
  const urgent = cadence.roundStarts(startedAt);
  const verdictsOf = (votes: readonly Vote[]): Map<Family, QuorumVerdict> =>
    new Map(spec.families.map((family) => [family, judgeVotes(votes, family, spec)]));
  // An urgent round does not wait for sources that are down or for a family that the line does not have.
  const enough = (votes: readonly Vote[]): boolean => urgent && resultOf(verdictsOf(votes), prober) === "settled";
  const votes = await runRound(spec, deps, signal, enough);
  const durationMs = deps.clock.monotonic() - startedAt;
  const verdicts = verdictsOf(votes);
  for (const [family, verdict] of verdicts) deps.log.debug({ family, verdict, durationMs }, "Full round");
  prober.learn(votes, verdicts);
  const held = confirmations.learn(votes, verdicts, spec);
  const delivered = await deliver(options, votes, durationMs, held);
  const confirmed = ([family, verdict]: [Family, QuorumVerdict]): [Family, Pick<QuorumVerdict, "kind">] => [
    family,
    isConfirmed(verdict, family, held, spec) ? { kind: "Agreed" } : verdict,
  ];
  const result = delivered ? resultOf(new Map([...verdicts].map(confirmed)), prober) : "doubtful";
  // Without probes nothing notices when a silence ends.
  cadence.roundEnded(deps.clock.monotonic(), result === "silent" && !asks(spec, "stun") ? "doubtful" : result);
}

/** Failing to deliver a round is no reason to stop looking. */
async function deliver(
  { onRound, deps, signal }: ObserveOptions,
  votes: Vote[],
  durationMs: number,
  confirmations: Confirmation[],
): Promise<boolean> {
  try {
    await onRound(votes, durationMs, confirmations);
    return true;
  } catch (error) {
    signal.throwIfAborted();
    deps.log.warn({ err: error }, "The votes of a round could not be delivered");
    return false;
  }
}

/** Returns the result of a round. A family that never had an answer does not count, unless there is no other. */
function resultOf(verdicts: ReadonlyMap<Family, Pick<QuorumVerdict, "kind">>, prober: Prober): RoundResult {
  const kinds = [...verdicts].filter(([family, { kind }]) => kind !== "Silent" || prober.knows(family));
  if (kinds.some(([, { kind }]) => kind !== "Agreed" && kind !== "Silent")) return "doubtful";
  return kinds.length > 0 && kinds.every(([, { kind }]) => kind === "Agreed") ? "settled" : "silent";
}

/** @param interrupt aborts when a round is wanted, so that it does not wait for a probe */
async function probe(
  { spec, deps, onProbe = () => undefined, onSame = () => undefined }: ObserveOptions,
  cadence: Cadence,
  prober: Prober,
  interrupt: AbortSignal,
): Promise<void> {
  try {
    let heard = 0;
    const finding = await prober.probe(
      spec(),
      (vote) => {
        if (vote.address !== undefined) heard++;
        onProbe(vote);
      },
      interrupt,
    );
    if (finding === "same" && heard > 0) onSame();
    if (finding === "different" || (finding === "silent" && cadence.calm)) {
      deps.log.info({ finding }, "A probe asks for a full round");
      cadence.hurry();
    }
  } catch (error) {
    if (!interrupt.aborted) throw error;
  }
  cadence.probed(deps.clock.monotonic());
}
