import { expect, it } from "vitest";
import { deployConfig, type StoredConfig } from "./stackConfig.ts";

const IMAGE = `registry.example.com/esddns@sha256:${"a".repeat(64)}`;
const request = { stack: "production", ranges: ["192.168.1.100-192.168.1.110"], image: undefined, adopt: false };
const stored = (config: Record<string, unknown>): StoredConfig =>
  Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      `esddns:${key}`,
      typeof value === "string" ? { value, secret: false } : { objectValue: value, secret: false },
    ]),
  );
const image = { reference: IMAGE };
const token = { "esddns:gandiToken": { secret: true } };

it("gives a stack without pools one with the range", () => {
  const result = deployConfig({ ...stored({ image }), ...token }, request, false);
  expect(result).toMatchObject({
    ok: true,
    hasToken: true,
    changes: { pools: [{ name: "esddns-pool", addresses: ["192.168.1.100-192.168.1.110"] }] },
  });
});

it("changes the addresses of the only pool and nothing else of it", () => {
  const pools = [{ name: "lan", addresses: ["192.168.1.9"], avoidBuggyIPs: true }];
  const result = deployConfig(stored({ image, pools }), request, true);
  expect(result.ok && result.changes).toEqual({
    pools: [{ name: "lan", addresses: request.ranges, avoidBuggyIPs: true }],
  });
});

it("changes nothing where the config says the same already", () => {
  const pools = [{ name: "lan", addresses: request.ranges }];
  const result = deployConfig(stored({ image, pools, shared: "adopt" }), { ...request, adopt: true }, true);
  expect(result.ok && result.changes).toEqual({});
});

it("does not guess which of several pools is meant", () => {
  const pools = ["a", "b"].map((name) => ({ name, addresses: [] }));
  const result = deployConfig(stored({ image, pools }), request, true);
  expect(result).toMatchObject({ ok: false, problems: [expect.stringMatching(/several pools \(a, b\)/)] });
});

it("names everything that is wrong in the config before anything is written", () => {
  const result = deployConfig(stored({ imaeg: image, service: { address: "10.9.9.9" } }), request, true);
  expect(result.ok ? [] : result.problems).toEqual([
    expect.stringMatching(/^esddns:imaeg: .*Did you mean "image"/),
    expect.stringMatching(/^esddns:service.address: /),
    expect.stringMatching(/^esddns:image: is missing/),
  ]);
});

it("takes image and adoption from the command line", () => {
  const result = deployConfig(stored({}), { ...request, image: IMAGE, adopt: true }, false);
  expect(result).toMatchObject({ ok: true, hasToken: false, changes: { image, shared: "adopt" } });
});

it("leaves out how MetalLB would be installed where it is adopted", () => {
  const metallb = { namespace: "lb", version: "0.15.3" };
  const adopt = deployConfig(stored({ image, metallb }), { ...request, adopt: true }, false);
  expect(adopt).toMatchObject({ ok: true, changes: { shared: "adopt", metallb: { namespace: "lb" } } });
});
