import { isDeepStrictEqual } from "node:util";
import {
  asks,
  type Confirmation,
  type DetectionSpec,
  type Vote,
  WAN_ADDRESS_NAME,
  type WanAddressObject,
  type WanObservation,
  type WanObservationObject,
} from "@esddns/common/api";
import { writeObservation } from "../kube/apply.ts";
import type { KubeClient } from "../kube/client.ts";
import { nodes } from "../kube/resources.ts";
import { WorkQueue } from "../runtime/queue.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { backoffMs, untilAborted } from "../runtime/wait.ts";
import { observe } from "./loop.ts";
import { judgeVotes } from "../decide/quorum.ts";
import type { RoundDeps } from "./round.ts";

export interface NodeObserverOptions {
  readonly client: Pick<KubeClient, "get" | "apply">;
  readonly namespace: string;
  readonly nodeName: string;
  readonly deps: RoundDeps;
  readonly metrics: Pick<Metrics, "round" | "probe">;
  /** Called before the first round and after each full round. */
  readonly onRound?: () => void;
  /** Called at each step of the loop that writes. */
  readonly onPublisherStep?: () => void;
}

/** An observation with unchanged content is written at most this often. Milliseconds. */
const QUIET_MS = 60_000;
/**
 * How much longer an observation is valid than it takes to write it again. Covers one failed probe and one failed
 * write. Seconds.
 */
const SLACK_SECONDS = 70;
const BACKOFF = { baseMs: 500, maxMs: 30_000 };
const KEY = "observation";

/**
 * Looks from this node, and writes what it saw as the WanObservation of the node's name. Looks again at once when
 * another node agrees on an address that this node does not see.
 */
export class NodeObserver {
  readonly #options: NodeObserverOptions;
  readonly #queue: WorkQueue;
  readonly #settings = Promise.withResolvers<DetectionSpec>();
  #spec: DetectionSpec | undefined;
  #generation: number | undefined;
  #trigger: () => void = () => undefined;
  readonly #peers = new Map<string, string>();
  #latest: WanObservation | undefined;
  #written: { observation: WanObservation; at: number } | undefined;
  #failures = 0;
  #nodeUid: string | undefined;

  constructor(options: NodeObserverOptions) {
    this.#options = options;
    this.#queue = new WorkQueue(options.deps.clock);
  }

  /** The WanAddress changed. A new spec is applied at once. If the object is deleted, the last spec stays. */
  wanChanged(object: WanAddressObject | undefined): void {
    if (object === undefined || object.metadata.name !== WAN_ADDRESS_NAME) return;
    this.#spec = object.spec;
    this.#settings.resolve(object.spec);
    if (this.#generation === object.metadata.generation) return;
    this.#generation = object.metadata.generation;
    this.#trigger();
  }

  /** An observation changed. This node's own is ignored. */
  observationChanged(name: string, observation: WanObservationObject | undefined): void {
    if (name === this.#options.nodeName || this.#spec === undefined) return;
    if (observation === undefined) {
      this.#peers.delete(name);
      return;
    }
    const theirs = agreedValues(observation.votes, this.#spec);
    const news = theirs !== this.#peers.get(name);
    this.#peers.set(name, theirs);
    // Otherwise nodes that differ permanently would wake each other for ever.
    if (
      news &&
      theirs !== "" &&
      this.#latest !== undefined &&
      theirs !== agreedValues(this.#latest.votes, this.#spec)
    ) {
      this.#options.deps.log.info({ node: name }, "another node sees another address");
      this.#trigger();
    }
  }

  /** Starts a full round at once, for a request from outside. */
  lookNow(): void {
    this.#trigger();
  }

  /** Looks and writes until the signal aborts. Waits until a WanAddress provides the settings. */
  async run(signal: AbortSignal): Promise<void> {
    const { deps, metrics } = this.#options;
    let current: DetectionSpec;
    try {
      current = await untilAborted(this.#settings.promise, signal);
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    this.#options.onRound?.();
    const looking = observe({
      spec: () => (current = this.#spec ?? current),
      onRound: (votes, durationMs, confirmations) => {
        metrics.round(votes, durationMs);
        this.#offer(votes, confirmations, validForSeconds(current));
        return Promise.resolve();
      },
      onProbe: (vote) => {
        metrics.probe(vote);
      },
      onSame: () => {
        this.#confirm();
      },
      wake: (trigger) => {
        this.#trigger = trigger;
      },
      deps,
      signal,
    });
    await Promise.all([looking, this.#queue.run(() => this.#publish(signal), signal, this.#options.onPublisherStep)]);
  }

  #offer(votes: Vote[], confirmations: Confirmation[], validForSeconds: number): void {
    const { deps, nodeName, onRound } = this.#options;
    this.#latest = {
      nodeName,
      observedAt: new Date(deps.clock.now()).toISOString(),
      validForSeconds,
      votes,
      ...(confirmations.length === 0 ? {} : { beliefs: confirmations }),
    };
    this.#queue.add(KEY);
    onRound?.();
  }

  /** The last round's result still holds: a probe confirmed it. */
  #confirm(): void {
    if (this.#latest === undefined) return;
    this.#latest = { ...this.#latest, observedAt: new Date(this.#options.deps.clock.now()).toISOString() };
    this.#queue.add(KEY);
  }

  async #publish(signal: AbortSignal): Promise<void> {
    const { client, namespace, deps } = this.#options;
    const observation = this.#latest;
    if (observation === undefined || this.#isOldNews(observation)) return;
    try {
      const written = await writeObservation(client, namespace, observation, await this.#uid(signal), signal);
      if (written.ok) {
        this.#failures = 0;
        this.#written = { observation, at: deps.clock.monotonic() };
        return;
      }
      deps.log.warn({ failure: written.error }, "observation not written");
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    this.#queue.add(KEY, backoffMs(this.#failures++, BACKOFF, deps.random));
  }

  #isOldNews(observation: WanObservation): boolean {
    if (this.#written === undefined) return false;
    const { observation: before, at } = this.#written;
    const quiet = this.#options.deps.clock.monotonic() - at < QUIET_MS;
    return quiet && isDeepStrictEqual(substance(before), substance(observation));
  }

  /**
   * Returns the uid of the Node object that owns the observation. If it cannot be read, the observation has no owner.
   */
  async #uid(signal: AbortSignal): Promise<string | undefined> {
    if (this.#nodeUid !== undefined) return this.#nodeUid;
    const { client, nodeName, deps } = this.#options;
    const node = await client.get(nodes, { name: nodeName }, signal);
    if (node.ok) this.#nodeUid = node.value.metadata.uid;
    else deps.log.warn({ failure: node.error, node: nodeName }, "own Node object not read: observation without owner");
    return this.#nodeUid;
  }
}

/**
 * Returns the shortest safe validity, since the last observation of a dead node blocks every change until it expires.
 * If probes confirm an observation between rounds, it is valid for two probe intervals and the time between two writes.
 * Otherwise it is valid for two rounds.
 */
function validForSeconds(spec: DetectionSpec): number {
  const { intervalSeconds, probeIntervalSeconds } = spec;
  const byRounds = 2 * intervalSeconds + 60;
  const byProbes = 2 * probeIntervalSeconds + QUIET_MS / 1000 + SLACK_SECONDS;
  return asks(spec, "stun") ? Math.min(byRounds, byProbes) : byRounds;
}

/** Returns the content of an observation, without the parts that differ each time. */
function substance({ validForSeconds, votes, beliefs }: WanObservation): unknown {
  return {
    validForSeconds,
    beliefs,
    votes: votes.map(({ source, family, address, outcome, authenticated }) => ({
      source,
      family,
      address,
      outcome,
      authenticated,
    })),
  };
}

/**
 * Returns the values that a node's votes agree on as one text, so that equal texts mean equal values. Empty if they
 * agree on nothing.
 */
function agreedValues(votes: readonly Vote[], spec: DetectionSpec): string {
  return spec.families
    .flatMap((family) => {
      const verdict = judgeVotes(votes, family, spec);
      return verdict.kind === "Agreed" ? [`${family} ${verdict.value}`] : [];
    })
    .join(", ");
}
