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
  /** The settings as they are now; read again before every round and probe. */
  readonly spec: () => DetectionSpec;
  /** Gets the votes of every full round and what their quorums have told for how long, one round at a time; where it rejects, the next round comes sooner. */
  readonly onRound: (votes: Vote[], durationMs: number, confirmations: Confirmation[]) => Promise<void>;
  readonly onProbe?: (result: Vote) => void;
  /** A probe has heard an answer, and nothing but what the last round had found. */
  readonly onSame?: () => void;
  /** Is handed a function that asks for a full round at once: another node saw another address, the spec changed. */
  readonly wake?: (trigger: () => void) => void;
  readonly deps: RoundDeps;
  readonly signal: AbortSignal;
}

/**
 * The node's own loop: full rounds, probes between them, and rounds at once when a probe sees another address, two get
 * no answer, or the trigger is called. Resolves when the signal aborts, and not before.
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
  // With every round: kubectl logs with a selector shows the last ten lines of a pod, and people look for this one.
  if (asks(spec, "stun")) deps.log.info({}, "STUN protocol enabled for IP discovery");
  const startedAt = deps.clock.monotonic();
  const urgent = cadence.roundStarts(startedAt);
  const verdictsOf = (votes: readonly Vote[]): Map<Family, QuorumVerdict> =>
    new Map(spec.families.map((family) => [family, judgeVotes(votes, family, spec)]));
  // In a hurry nobody waits for sources that are down, or for a family that is not there.
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
  // Without probes nobody tells when a silence ends.
  cadence.roundEnded(deps.clock.monotonic(), result === "silent" && !asks(spec, "stun") ? "doubtful" : result);
}

/** A round that nobody could take in is no reason to stop looking. */
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

/** What a round came to; a family that was never answered for does not count, unless there is no other. */
function resultOf(verdicts: ReadonlyMap<Family, Pick<QuorumVerdict, "kind">>, prober: Prober): RoundResult {
  const kinds = [...verdicts].filter(([family, { kind }]) => kind !== "Silent" || prober.knows(family));
  if (kinds.some(([, { kind }]) => kind !== "Agreed" && kind !== "Silent")) return "doubtful";
  return kinds.length > 0 && kinds.every(([, { kind }]) => kind === "Agreed") ? "settled" : "silent";
}

/** @param interrupt aborts when a round is wanted: that is not kept waiting by a probe */
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
