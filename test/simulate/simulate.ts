import type { DetectionSpec, WanAddressStatus, WanObservation } from "@esddns/common/api";
import { detectionSpec } from "@esddns/common/api";
import { decide } from "../../operator/src/decide/decide.ts";
import { type Dice, diceOf } from "../fuzz/mutate.ts";
import * as worlds from "./world.ts";
import type { World } from "./world.ts";

/** So many rounds of one world, at most. */
const ROUNDS = 40;
/** Longer than an address that flapped is held back (two minutes), seconds. */
const CALM_SECONDS = 125;
/**
 * How long after it ceased to be the line's an address may still be decided: a forged probe keeps votes of the last
 * full round alive until the next one, these may have been old when they came, and clocks differ.
 */
const WINDOW_SECONDS = worlds.ROUND_EVERY_SECONDS + worlds.VALID_SECONDS + worlds.OLD_ANSWER_SECONDS + 20;

export interface Simulated {
  readonly rounds: number;
  /** How often what happened, by attack: a run in which nothing is ever decided would show nothing. */
  readonly counts: ReadonlyMap<string, number>;
  /** The first one; the run ends with it. */
  readonly failure?: { readonly seed: number; readonly message: string };
}

/**
 * World after world, of the seeds `seed`, `seed` + 1 and so on, judged by the rule itself: no address may be decided
 * that was not the line's of late, none may be lost, and when a world has calmed down the true one must be decided.
 *
 * @param enough gets the number of rounds so far
 */
export function simulate(seed: number, enough: (rounds: number) => boolean): Simulated {
  const counts = new Map<string, number>();
  let rounds = 0;
  for (let each = seed; !enough(rounds); each++) {
    const life = new Life(diceOf(each), counts);
    try {
      life.run();
    } catch (error) {
      const message = `${(error as Error).message}\n${life.describe()}`;
      return { rounds: rounds + life.rounds, counts, failure: { seed: each, message } };
    }
    rounds += life.rounds;
  }
  return { rounds, counts };
}

class Life {
  rounds = 0;
  readonly #dice: Dice;
  readonly #counts: Map<string, number>;
  readonly #world: World;
  readonly #spec: DetectionSpec;
  readonly #observations = new Map<string, WanObservation>();
  readonly #roundAt = new Map<string, number>();
  #status: WanAddressStatus = {};

  constructor(dice: Dice, counts: Map<string, number>) {
    this.#dice = dice;
    this.#counts = counts;
    this.#world = worlds.worldOf(dice, Date.parse("2026-03-01T12:00:00Z"));
    const { quorum, family } = this.#world;
    this.#spec = { ...detectionSpec.parse({}), families: [family], prefixLength: worlds.PREFIX_LENGTH, quorum };
  }

  run(): void {
    const length = 1 + this.#dice(ROUNDS);
    while (this.rounds < length) this.#step();
    this.#calmDown();
  }

  describe(): string {
    return JSON.stringify({ world: this.#world, status: this.#status, observations: [...this.#observations.values()] });
  }

  #step(): void {
    const dice = this.#dice;
    const world = this.#world;
    world.now += (1 + dice(dice(4) === 0 ? 120 : 15)) * 1000;
    if (dice(6) === 0) worlds.readdress(world, dice);
    const busy = worlds.pick(dice, world.nodes);
    for (const node of world.nodes) {
      const overdue = world.now - (this.#roundAt.get(node) ?? 0) > worlds.ROUND_EVERY_SECONDS * 1000;
      if (node === busy || dice(2) === 0) this.#look(node, false);
      else if (!overdue) this.#probe(node);
    }
    this.#decide();
  }

  #look(node: string, healthy: boolean): void {
    this.rounds++;
    this.#roundAt.set(node, this.#world.now);
    this.#observations.set(node, worlds.round(this.#world, node, this.#dice, healthy));
  }

  /** A probe keeps the votes of the last round alive where it finds the same, and where it is made to. */
  #probe(node: string): void {
    const before = this.#observations.get(node);
    const forged = this.#world.attack === "spoofer" && this.#dice(2) === 0;
    const moved = (this.#world.addresses.at(-1)?.at ?? 0) > (this.#roundAt.get(node) ?? 0);
    if (before === undefined || (moved && !forged) || this.#dice(3) === 0) return;
    this.#observations.set(node, { ...before, observedAt: new Date(this.#world.now).toISOString() });
  }

  #decide(): void {
    const world = this.#world;
    const { status, changes } = decide({
      spec: this.#spec,
      observations: [...this.#observations.values()],
      previous: this.#status,
      generation: 1,
      neededFamilies: [],
      now: world.now,
    });
    const [before, after] = [this.#valueOf(this.#status), this.#valueOf(status)];
    this.#status = status;
    if (before !== undefined && after === undefined) throw new Error(`${before} was lost`);
    for (const { to } of changes) {
      this.#count("changes");
      if (!worlds.wasTrue(world, to, WINDOW_SECONDS)) throw new Error(`${to} was decided, and was not the line's`);
    }
    if (after !== before && changes.length === 0) throw new Error("a change was not told");
  }

  /** The attacker on the path goes, liars stay; some nodes have died, and when the others have looked, the truth stands. */
  #calmDown(): void {
    const world = this.#world;
    const alive = world.nodes.slice(this.#dice(world.nodes.length));
    for (let time = 0; time < 2; time++) {
      world.now += CALM_SECONDS * 1000;
      for (const node of alive) this.#look(node, true);
      this.#decide();
    }
    const honest = new Set(world.organisations.filter(({ lies }) => !lies));
    const able = honest.size >= world.quorum && [...honest].some(({ tls }) => tls);
    const right = this.#valueOf(this.#status) === worlds.truth(world);
    this.#count(able ? "worlds that can know" : "worlds that cannot");
    if (able && !right) throw new Error(`${worlds.truth(world)} is true, and all can see it, but it was not decided`);
  }

  #valueOf({ ipv4, ipv6Prefix }: WanAddressStatus): string | undefined {
    return this.#world.family === "IPv4" ? ipv4 : ipv6Prefix;
  }

  #count(what: string): void {
    const key = `${this.#world.attack}: ${what}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }
}
