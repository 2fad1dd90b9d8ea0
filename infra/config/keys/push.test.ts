import { describe, expect, it } from "vitest";
import { parseStackConfig } from "../parse.ts";
import { formatProblem } from "../validation/problem.ts";

const LAN = { name: "lan", addresses: ["192.168.1.100-192.168.1.110", "fd00:1::/120"] };
const ONE = { name: "one", addresses: ["10.0.0.1"] };
const FIXED = { address: "10.0.0.1" };
const LOCAL = { externalTrafficPolicy: "Local" };

function parse(over: Record<string, unknown>) {
  const raw = { pools: [LAN], image: { reference: `x@sha256:${"a".repeat(64)}` }, push: { enabled: true }, ...over };
  return parseStackConfig(raw, { stack: "production", secretKeys: new Set() });
}

function problems(over: Record<string, unknown>): string[] {
  const parsed = parse(over);
  return parsed.ok ? [] : parsed.problems.map(formatProblem);
}

function poolOf(over: Record<string, unknown>): string | undefined {
  const parsed = parse(over);
  if (!parsed.ok) throw new Error(parsed.problems.map(formatProblem).join("\n"));
  return parsed.config.push.pool;
}

describe("the address of POST /probe", () => {
  it.each([
    ["of the stack's own pool", {}, "lan"],
    ["of its own pool beside another stack's", { shared: "adopt" }, "lan"],
    ["of the page's pool, where there are several", { pools: [ONE, LAN], service: { pool: "lan" } }, "lan"],
    ["of the first pool where the page leaves one", { pools: [ONE, LAN], service: FIXED }, "lan"],
    [
      "of a pool that takes it, where the page's does not",
      { pools: [{ ...LAN, serviceSelectors: [{ matchLabels: { app: "esddns-service" } }] }, ONE] },
      "one",
    ],
    ["of the pool of its fixed address", { pools: [LAN, ONE], push: { enabled: true, address: "10.0.0.1" } }, "one"],
    ["of the pool that is written", { pools: [LAN, ONE], push: { enabled: true, pool: "one" } }, "one"],
    ["of whichever pool there is, where none is this stack's", { shared: "adopt", pools: [] }, undefined],
  ])("is %s", (_what, over, pool) => {
    expect(poolOf(over)).toBe(pool);
  });

  it.each([
    ["page and push name the one address", { service: FIXED, push: { enabled: true, ...FIXED } }],
    ["neither names one, so MetalLB gives both the same", {}],
  ])("of a pool with a single one is enough where %s", (_what, over) => {
    expect(problems({ pools: [ONE], ...over })).toEqual([]);
  });

  it.each([
    ["the page has it", { service: FIXED }, "they can share it"],
    ["the page may take it first", { push: { enabled: true, ...FIXED } }, "they can share it"],
    ["the page cannot share it", { service: LOCAL }, "Add one to esddns:pools[0].addresses."],
    ["both ask for one port of it", { push: { enabled: true, port: 80 } }, "Add one to esddns:pools[0].addresses."],
  ])("of a pool with a single one is refused where %s", (_what, over, right) => {
    const found = problems({ pools: [ONE], ...over });
    expect(found).toEqual([expect.stringMatching(/^esddns:push: the pool "one" has no address for it/)]);
    expect(found[0]).toContain(right);
    expect(problems({ pools: [{ ...ONE, addresses: ["10.0.0.1-10.0.0.2"] }], ...over })).toEqual([]);
  });

  it("is one of the family that the page leaves", () => {
    const pools = [{ name: "p", addresses: ["10.0.0.1", "fd00:1::/120"] }];
    expect(problems({ pools, service: LOCAL })).toEqual([]);
    const address = "10.0.0.1";
    expect(problems({ pools, service: LOCAL, push: { enabled: true, address } })).toEqual([
      expect.stringContaining("esddns:push: "),
    ]);
  });

  it("comes from a pool that takes its Service", () => {
    const pools = [{ ...LAN, serviceSelectors: [{ matchLabels: { app: "esddns-service" } }] }];
    expect(problems({ pools })).toEqual([
      expect.stringMatching(/^esddns:pools: none is for the Service of esddns:push: .*app: esddns-operator/),
    ]);
    expect(problems({ pools, push: { enabled: false } })).toEqual([]);
    const kept = [{ ...LAN, namespaces: ["games"] }];
    expect(problems({ pools: kept })).toEqual([expect.stringContaining("none is for the page's Service")]);
  });

  it("cannot be one that is to see its clients' own", () => {
    const service = { address: "192.168.1.100", externalTrafficPolicy: "Local" };
    const push = { enabled: true, address: "192.168.1.100" };
    expect(problems({ service, push })).toEqual([
      expect.stringContaining("esddns:push.address: is the page's address"),
    ]);
    expect(problems({ service, push: { ...push, address: "192.168.1.101" } })).toEqual([]);
  });

  it("is one of a pool, like the page's", () => {
    expect(problems({ push: { enabled: true, address: "10.0.0.1" } })).toEqual([
      expect.stringContaining("esddns:push.address: 10.0.0.1 is not in any pool"),
    ]);
    expect(problems({ push: { enabled: true, pool: "q" } })).toEqual([
      expect.stringContaining('esddns:push.pool: "q" is no pool'),
    ]);
  });
});
