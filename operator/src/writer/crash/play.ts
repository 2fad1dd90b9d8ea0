/** Plays a workload and returns its end state. */
import { type Condition, type DnsRecordStatus, dnsRecordStatus } from "@esddns/common/api";
import { status } from "../../kube/testing.ts";
import type { WriterContext } from "../context.ts";
import { World } from "../testing.ts";
import { type KillPoint, Mortal } from "./mortal.ts";
import type { Workload } from "./workloads.ts";

/** Interval between routine looks at a record. */
const INTERVAL_SECONDS = 30;
/**
 * How long each step is played, in milliseconds: enough for every retry and for the look that finds a foreign change.
 */
const SETTLE_MS = 50_000;
/** How soon the test notices the death of a leader, in milliseconds. */
const PART_MS = 10_000;

export interface End {
  /** The rrsets at Gandi. */
  readonly rrsets: Record<string, string>;
  /** The status of each record. */
  readonly records: Record<string, unknown>;
  /** How many corrections of foreign changes were announced. */
  readonly driftEvents: number;
}

export interface Played {
  readonly end: End;
  /** The steps and writes, one per line. */
  readonly trace: readonly string[];
  readonly writes: number;
  /** How many writes the leader had made at the beginning of each step. */
  readonly begins: readonly number[];
}

export async function undisturbed(workload: Workload): Promise<Played> {
  return await killed(workload, undefined);
}

/** Kills the leader at that write. The next step of the workload follows at once, and then a successor leads. */
export async function killed(workload: Workload, kill: KillPoint | undefined): Promise<Played> {
  const trace: string[] = [];
  const leader = new Mortal(kill);
  const world = begin(workload, (context) => leader.wrap(context));
  let current = world;
  let end = world.lead();
  const begins: number[] = [];
  for (const [index, step] of workload.steps.entries()) {
    begins.push(leader.writes.length);
    trace.push(`step ${index + 1}`);
    step(current);
    const before = leader.writes.length;
    await settle(current, () => leader.dead && current === world);
    if (current === world) trace.push(...leader.writes.slice(before).map((write) => `  ${write}`));
    if (!leader.dead || current !== world) continue;
    trace.push(`  the leader is dead`);
    void end();
    current = new World(world);
    const next = workload.steps[index + 1];
    if (next === undefined) {
      end = current.lead();
      await settle(current);
    } else {
      const successor = current;
      // The next step happens before the successor leads.
      trace.push(`  the next step comes at once`);
      next(successor);
      end = current.lead();
      await settle(current);
      for (const later of workload.steps.slice(index + 2)) {
        later(current);
        await settle(current);
      }
      break;
    }
  }
  trace.push(...current.gandi.calls.filter((call) => !call.startsWith("GET")).map((call) => `at Gandi: ${call}`));
  const result = { end: endOf([world, current]), trace, writes: leader.writes.length, begins };
  await end();
  return result;
}

/**
 * Stops a successor's watches before that step. The successor leads after the last step, and its watches catch up
 * later.
 */
export async function stale(workload: Workload, since: number): Promise<Played> {
  const world = begin(workload);
  let end = world.lead();
  let successor: World | undefined;
  for (const [index, step] of workload.steps.entries()) {
    if (index === since) successor = new World(world);
    step(world);
    await settle(world);
  }
  await end();
  successor ??= new World(world);
  end = successor.lead();
  await settle(successor);
  successor.catchUp();
  await settle(successor);
  const trace = world.gandi.calls.filter((call) => !call.startsWith("GET")).map((call) => `at Gandi: ${call}`);
  const result = { end: endOf([world, successor]), trace, writes: 0, begins: [] };
  await end();
  return result;
}

/** Hides these steps from the leader's watches, and then reports all of them at once. */
export async function hidden(workload: Workload, from: number, to: number): Promise<Played> {
  const world = begin(workload);
  const end = world.lead();
  for (const [index, step] of workload.steps.entries()) {
    world.hidden = index >= from && index < to;
    step(world);
    if (!world.hidden) world.catchUp();
    await settle(world);
  }
  world.hidden = false;
  world.catchUp();
  await settle(world);
  const trace = world.gandi.calls.filter((call) => !call.startsWith("GET")).map((call) => `at Gandi: ${call}`);
  const result = { end: endOf([world]), trace, writes: 0, begins: [] };
  await end();
  return result;
}

/** Creates the world of a workload. It looks at records often, so that little time has to be played. */
function begin(workload: Workload, wrap?: (context: WriterContext) => WriterContext): World {
  const world = new World(undefined, wrap);
  const wan = world.wan.get("wan");
  if (wan === undefined) throw new Error("a world has a WanAddress");
  world.api.put("/wanaddresses/wan", {
    ...wan,
    spec: { ...wan.spec, ...workload.wan, intervalSeconds: INTERVAL_SECONDS },
  });
  world.catchUp();
  refuseInvalidStatuses(world);
  workload.before?.(world);
  return world;
}

/**
 * Refuses statuses that violate the CustomResourceDefinition. In a real cluster such a record would never be written.
 */
function refuseInvalidStatuses({ api }: World): void {
  api.fault = ({ method, target, body }) => {
    if (method !== "PATCH" || !/^\/dnsrecords\/.*\/status$/.test(target)) return undefined;
    const parsed = dnsRecordStatus.safeParse((body as { status?: unknown }).status);
    return parsed.success ? undefined : status(422, "Invalid", parsed.error.message);
  };
}

async function settle(world: World, isOver: () => boolean = () => false): Promise<void> {
  for (let passed = 0; passed < SETTLE_MS && !isOver(); passed += PART_MS) await world.clock.run(PART_MS);
  world.observeAgain();
}

function endOf(worlds: readonly World[]): End {
  const [world] = worlds;
  if (world === undefined) throw new Error("a world at least");
  const rrsets = [...world.gandi.rrsets].map(([at, { values, ttl }]) => [at, `${values.join()} ${ttl}`] as const);
  const records = [...world.api.objects]
    .filter(([path]) => path.startsWith("/dnsrecords/"))
    .map(([path, object]) => [path, brief(object["status"] as DnsRecordStatus | undefined)] as const);
  const notes = [...new Set(worlds)].flatMap(({ events }) => events);
  return {
    rrsets: Object.fromEntries(rrsets.sort()),
    records: Object.fromEntries(records.sort()),
    driftEvents: notes.filter(({ reason }) => reason === "DriftCorrected").length,
  };
}

/** Returns the parts of a status that every run has to end with. Leaves out times and generations. */
function brief(status: DnsRecordStatus = {}): unknown {
  const { fqdn, published, attempted, replaced, left, corrections, conditions } = status;
  const said = conditions?.map(({ type, status: is, reason, message }: Condition) => [type, is, reason, message]);
  return { fqdn, published, attempted, replaced, left, corrections: corrections?.length ?? 0, conditions: said };
}
