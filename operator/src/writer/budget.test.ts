/** How the records share the requests per minute to Gandi, with the real loop and the real budget. */
import { beforeEach, describe, expect, it } from "vitest";
import { GANDI_REQUESTS_PER_MINUTE, type WanAddressObject } from "@esddns/common/api";
import { RateBudget } from "../gandi/budget.ts";
import { World } from "./testing.ts";

const [A, B] = ["203.0.113.20", "203.0.113.77"] as const;
const MINUTE_MS = 60_000;
/** Hours of virtual time with many records take longer than other tests on a busy machine. */
const LONG_MS = 120_000;

let world: World;
let end: () => Promise<void>;

function lead(limit: number): void {
  world.gandi.budget = new RateBudget(world.clock, { limit });
  end = world.lead();
}

/** Lets `ms` pass while the node keeps observing that address. */
async function pass(ms: number, ipv4: string, ipv6?: string): Promise<void> {
  for (let left = ms; left > 0; left -= MINUTE_MS) {
    const v6 = ipv6 === undefined ? "" : ` Google:${ipv6} !ipify:${ipv6}`;
    world.observe("node1", `Google:${ipv4} !ipify:${ipv4}${v6}`);
    await world.clock.run(Math.min(left, MINUTE_MS));
  }
}

function addRecords(count: number, spec: Record<string, unknown> = {}): string[] {
  const names = Array.from({ length: count }, (_, i) => `host${i}`);
  for (const name of names) world.addRecord(name, spec);
  return names;
}

function right(names: readonly string[], type: "A" | "AAAA", value: string): string[] {
  return names.filter((name) => world.gandi.at(name, type)?.values[0] === value);
}

function methods(): (string | undefined)[] {
  return world.gandi.calls.map((call) => call.split(" ")[0]);
}

beforeEach(() => {
  world = new World();
});

describe("with the default", () => {
  const limit = GANDI_REQUESTS_PER_MINUTE.usual;

  it("12 names with A and AAAA are all right at once after a change", async () => {
    const { spec } = world.stored("/wanaddresses/wan") as unknown as WanAddressObject;
    spec.families.push("IPv6");
    spec.allowNonGlobal.push("2001:db8::/32");
    world.catchUp();
    const names = addRecords(12, { types: ["A", "AAAA"], ipv6Suffix: "::10" });
    lead(limit);
    await pass(2 * MINUTE_MS, A, "2001:db8:1:1::1");
    expect(right(names, "AAAA", "2001:db8:1:1::10")).toEqual(names);
    await pass(1_000, B, "2001:db8:2:2::1");
    expect(right(names, "A", B)).toEqual(names);
    expect(right(names, "AAAA", "2001:db8:2:2::10")).toEqual(names);
    await end();
  });

  it(
    "75 new records are in place at once, and more a minute later",
    async () => {
      const names = addRecords(80);
      lead(limit);
      await pass(1_000, A);
      expect(right(names, "A", A)).toHaveLength(75);
      await pass(MINUTE_MS + 5_000, A);
      expect(right(names, "A", A)).toEqual(names);
      await end();
    },
    LONG_MS,
  );
});

describe("with a lower limit", () => {
  /** Publishes this many records, then lowers the limit to this many requests per minute. */
  async function atRest(count: number, limit: number): Promise<string[]> {
    let turn = 0;
    // Multiples of the golden ratio are spread evenly and are the same in every run.
    world.random = () => (++turn * 0.6180339887) % 1;
    const names = addRecords(count);
    lead(GANDI_REQUESTS_PER_MINUTE.most);
    await pass(2 * MINUTE_MS, A);
    expect(right(names, "A", A)).toEqual(names);
    world.gandi.budget = new RateBudget(world.clock, { limit });
    return names;
  }

  it(
    "a change takes three requests a record, and the looks wait that long",
    async () => {
      const names = await atRest(30, 14);
      await pass(6 * MINUTE_MS, A);
      // At 4 requests a minute the last ones are sent in the 8th minute.
      await pass(8 * MINUTE_MS, B);
      expect(right(names, "A", B)).toEqual(names);
      await end();
    },
    LONG_MS,
  );

  it(
    "a new record beside 139 others does not wait for their looks",
    async () => {
      await atRest(139, 28);
      for (let attempt = 0; attempt < 3; attempt++) {
        await pass(103_000, A);
        world.addRecord(`new${attempt}`);
        await pass(1_000, A);
        expect(world.gandi.at(`new${attempt}`, "A")?.values).toEqual([A]);
      }
      await end();
    },
    LONG_MS,
  );

  it(
    "more records than looks fit in are looked at all the same, each in its turn",
    async () => {
      const names = await atRest(40, 10);
      await pass(6 * MINUTE_MS, A);
      world.gandi.calls.length = 0;
      // The limit is 6 requests a minute.
      await pass(10 * MINUTE_MS, A);
      const looked = names.filter((name) => world.gandi.calls.includes(`GET example.com ${name} A`));
      expect(looked).toEqual(names);
      await end();
    },
    LONG_MS,
  );

  it(
    "a change begins only where it can end",
    async () => {
      await atRest(6, 11);
      world.gandi.calls.length = 0;
      await pass(1_000, B);
      expect(methods()).toEqual(Array(3).fill(["GET", "PUT", "GET"]).flat());
      await end();
    },
    LONG_MS,
  );

  it(
    "a deletion begins only where it can end",
    async () => {
      const names = addRecords(6, { deletionPolicy: "Delete" });
      lead(28);
      await pass(2 * MINUTE_MS, A);
      world.gandi.calls.length = 0;
      world.gandi.budget = new RateBudget(world.clock, { limit: 11 });
      for (const name of names) world.changeRecord(name, { deleted: true });
      await pass(1_000, A);
      expect(methods()).toEqual(Array(5).fill(["GET", "DELETE"]).flat());
      await end();
    },
    LONG_MS,
  );
});
