/** What a reviewer reads: which resources a change of the config touches, and where. */
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { CONFIG, IMAGE, plain, runProgram, type ProgramRun } from "./testing.ts";

// As in a pull request: the cluster is not reached.
const config = { ...CONFIG, observeLive: false };
const [pool, second] = CONFIG["pools"] as [object, object];
const [home, apex] = CONFIG["records"] as [object, object];

let before: ProgramRun;
beforeAll(async () => {
  before = await runProgram(config);
});

const cases: readonly (readonly [change: string, config: object, shown: readonly string[]])[] = [
  ["nothing", {}, []],
  [
    "one address more in a pool",
    { pools: [{ ...pool, addresses: ["192.168.1.100-192.168.1.111"] }, second] },
    ["~ IPAddressPool metallb-esddns-pool spec.addresses.0", "~ WanAddress dns-wan spec.excluded.0"],
  ],
  ["the TTL of a record", { records: [{ ...home, ttl: 600 }, apex] }, ["~ DnsRecord dns-home.example.com spec.ttl"]],
  [
    "one record more",
    { records: [home, apex, { zone: "example.com", name: "vpn" }] },
    ["+ DnsRecord dns-vpn.example.com"],
  ],
  [
    "other types of a record",
    { records: [{ ...home, types: ["AAAA"] }, apex] },
    ["~ DnsRecord dns-home.example.com spec.types.0", "~ DnsRecord dns-home.example.com spec.types.1"],
  ],
  ["one record less", { records: [apex] }, ["- DnsRecord dns-home.example.com"]],
  [
    "the page's address",
    { service: { address: "192.168.1.101" } },
    ["~ Service page-service metadata.annotations.metallb.io/loadBalancerIPs"],
  ],
  ["the quorum", { detection: { quorum: 3 } }, ["~ WanAddress dns-wan spec.quorum"]],
  [
    "a value of MetalLB's chart",
    { metallb: { values: { controller: { logLevel: "debug" } } } },
    ["~ Release metallb-release values.controller.logLevel"],
  ],
  ["the token", { gandiToken: "another-token" }, ["~ Secret operator-token stringData.token"]],
  [
    "the image",
    { image: { reference: IMAGE.replaceAll("a".repeat(64), "b".repeat(64)) } },
    [
      "~ DaemonSet operator-daemon spec.template.spec.containers.0.image",
      "~ Deployment page-deployment spec.template.spec.containers.0.image",
    ],
  ],
];

describe("a preview shows", () => {
  it.each(cases)("%s as just that", async (_change, change, shown) => {
    expect(changes(before, await runProgram({ ...config, ...change }))).toEqual(shown);
  });
});

describe("on another machine", () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it("a preview shows no other path of the kubeconfig", async () => {
    vi.stubEnv("KUBECONFIG", "/home/somebody/.kube/config");
    expect(changes(before, await runProgram(config))).toEqual([]);
  });
});

/** `+` and `-` with type and name; `~` also with the path of each input that differs. Sorted. */
function changes(from: ProgramRun, to: ProgramRun): string[] {
  const [old, now] = [inputsOf(from), inputsOf(to)];
  return [...new Set([...old.keys(), ...now.keys()])].sort().flatMap((resource) => {
    const [a, b] = [old.get(resource), now.get(resource)];
    if (a === undefined) return [`+ ${resource}`];
    if (b === undefined) return [`- ${resource}`];
    return differences(a, b).map((path) => `~ ${resource} ${path.join(".")}`);
  });
}

function inputsOf({ resources }: ProgramRun): Map<string, unknown> {
  return new Map(resources.map(({ type, name, inputs }) => [`${type.split(":").at(-1) ?? ""} ${name}`, plain(inputs)]));
}

function differences(a: unknown, b: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (Object.is(a, b)) return [];
  if (!isObject(a) || !isObject(b)) return [path];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((key) =>
    differences(a[key], b[key], [...path, key]),
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
