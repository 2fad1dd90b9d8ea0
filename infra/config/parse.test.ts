import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseStackConfig, type StackConfig } from "./parse.ts";
import { formatProblem } from "./validation/problem.ts";

const DIGEST = "a".repeat(64);
const SOUND = {
  pools: [{ name: "esddns-pool", addresses: ["192.168.1.100-192.168.1.110"] }],
  records: [{ zone: "example.com", name: "home" }],
  gandiToken: "gandi-token",
  image: { reference: `registry.example.com/esddns@sha256:${DIGEST}` },
};
const CONTEXT = { stack: "production", secretKeys: new Set(["gandiToken"]) };

function parse(overrides: Record<string, unknown>, context = CONTEXT) {
  return parseStackConfig({ ...SOUND, ...overrides }, context);
}

function accepted(overrides: Record<string, unknown>): { config: StackConfig; warnings: readonly string[] } {
  const parsed = parse(overrides);
  if (!parsed.ok) throw new Error(parsed.problems.map(formatProblem).join("\n"));
  return parsed;
}

function problems(overrides: Record<string, unknown>, context = CONTEXT): string[] {
  const parsed = parse(overrides, context);
  return parsed.ok ? [] : parsed.problems.map(formatProblem);
}

describe("defaults", () => {
  it("fills in what a person need not say", () => {
    const { config, warnings } = accepted({});
    expect(warnings).toEqual([]);
    expect(config).toMatchObject({
      namespace: "esddns-production",
      shared: "own",
      metallb: { version: "0.15.3", namespace: "metallb-system" },
      pools: [{ name: "esddns-pool", autoAssign: true, avoidBuggyIPs: false }],
      l2: [{ name: "esddns-production-l2", pools: ["esddns-pool"] }],
      service: { pool: "esddns-pool", addresses: [] },
      records: [{ zone: "example.com", name: "home", types: ["A"], ttl: 300 }],
      token: { kind: "config" },
      gandiRequestsPerMinute: 300,
      observeLive: true,
      checks: { whenUnreachable: "Refuse", skip: [] },
      waitForWanSeconds: 90,
    });
    expect(config.detection).toMatchObject({
      quorum: 2,
      intervalSeconds: 300,
      excluded: ["192.168.1.100-192.168.1.110"],
    });
  });

  it("reads values as Pulumi hands them over: as text", () => {
    const asText = Object.fromEntries(
      Object.entries({ ...SOUND, detection: { quorum: 3 }, observeLive: false, waitForWanSeconds: 0 }).map(
        ([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)],
      ),
    );
    const parsed = parseStackConfig(asText, CONTEXT);
    expect(parsed).toMatchObject({
      ok: true,
      config: { observeLive: false, waitForWanSeconds: 0, detection: { quorum: 3 } },
    });
  });

  it("takes a day with quotes and without, which the CLI makes a moment of, and nothing else", () => {
    for (const written of ["2027-05-01", "2027-05-01 00:00:00 +0000 UTC"]) {
      expect(accepted({ gandiTokenExpires: written }).config.gandiTokenExpires).toBe("2027-05-01");
    }
    for (const written of ["2027-02-30", "2027-05-01 12:00:00 +0000 UTC", "May 2027"]) {
      expect(parseStackConfig({ ...SOUND, gandiTokenExpires: written }, CONTEXT).ok).toBe(false);
    }
  });

  it("takes the empty defaults of Pulumi.yaml for not set", () => {
    const { config } = accepted({
      namespace: "",
      gandiTokenSecret: {},
      service: {},
      extraCaCertificates: "",
      bgp: undefined,
    });
    expect(config.namespace).toBe("esddns-production");
    expect(config.token).toEqual({ kind: "config" });
    expect(config.extraCaCertificates).toBeUndefined();
  });
});

describe("pools", () => {
  it.each([
    ["192.168.1.100/32", "192.168.1.100/32"],
    ["192.168.1.100", "192.168.1.100/32"],
    ["192.168.1.100-192.168.1.110", "192.168.1.100-192.168.1.110"],
    ["192.168.1.100 - 192.168.1.110", "192.168.1.100-192.168.1.110"],
    ["10.0.0.100/28", "10.0.0.96/28"],
    ["fd00:192:168:1::100-fd00:192:168:1::110", "fd00:192:168:1::100-fd00:192:168:1::110"],
    ["FD00:0::/120", "fd00::/120"],
  ])("%s reaches MetalLB as %s", (written, canonical) => {
    expect(
      accepted({ pools: [{ name: "p", addresses: [written] }] }).config.pools[0]?.addresses.map(
        (range) => range.canonical,
      ),
    ).toEqual([canonical]);
  });

  it("shows which network is meant where host bits are set", () => {
    expect(accepted({ pools: [{ name: "p", addresses: ["10.0.0.100/28"] }] }).warnings).toEqual([
      'esddns:pools[0].addresses[0]: "10.0.0.100/28" is the network 10.0.0.96/28: 10.0.0.96-10.0.0.111.',
    ]);
  });

  it("warns of .0 and .255, and not where avoidBuggyIPs is set", () => {
    const addresses = ["192.168.1.0/28"];
    expect(accepted({ pools: [{ name: "p", addresses }] }).warnings.join()).toMatch(/192\.168\.1\.0 .*avoidBuggyIPs/);
    expect(accepted({ pools: [{ name: "p", addresses, avoidBuggyIPs: true }] }).warnings).toEqual([]);
  });

  it.each([
    ["192.168.1.300", "is not an IP address"],
    ["192.168.1", "is not an IP address"],
    ["192.168.010.1", "is not an IP address"],
    ["::ffff:192.168.1.1", "is not an IP address"],
    ["192.168.1.0/33", "has no prefix length from 0 to 32"],
    ["192.168.1.0/", "has no prefix length"],
    ["192.168.1.0/24/24", "is not a network"],
    ["192.168.1.110-192.168.1.100", "runs backwards. Write 192.168.1.100-192.168.1.110."],
    ["192.168.1.1-fd00::1", "begins in IPv4 and ends in IPv6"],
    ["192.168.1.1-192.168.1.2-192.168.1.3", "is not a range"],
    ["0.0.0.0/0", "contains"],
    ["224.0.0.1", "multicast"],
    ["fe80::1", "link-local"],
    ["", "is not an IP address"],
  ])("refuses %j", (written, wrong) => {
    const found = problems({ pools: [{ name: "p", addresses: [written] }] });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^esddns:pools\[0\]\.addresses\[0\]: /);
    expect(found[0]).toContain(wrong);
  });

  it("finds overlaps in a pool and between pools", () => {
    const found = problems({
      pools: [
        { name: "a", addresses: ["192.168.1.100-192.168.1.110", "192.168.1.110"] },
        { name: "b", addresses: ["192.168.1.96/29"] },
      ],
    });
    expect(found).toEqual([
      "esddns:pools[0].addresses[1]: 192.168.1.110 is part of esddns:pools[0].addresses[0] already. Give every address to one pool, once.",
      "esddns:pools[1].addresses[0]: 192.168.1.100-192.168.1.103 is part of esddns:pools[0].addresses[0] already. Give every address to one pool, once.",
    ]);
  });

  it("wants a pool, except where MetalLB is adopted", () => {
    expect(problems({ pools: [] })).toEqual([expect.stringContaining("esddns:pools: there is no pool")]);
    expect(problems({ pools: [], shared: "adopt" })).toEqual([]);
  });

  it("keeps an adopter's pools for those who name them", () => {
    expect(accepted({ shared: "adopt" }).config.pools[0]?.autoAssign).toBe(false);
  });

  it("finds the same name twice", () => {
    const pools = ["192.168.1.1", "192.168.1.2"].map((address) => ({ name: "p", addresses: [address] }));
    expect(problems({ pools })).toEqual([
      expect.stringMatching(/^esddns:pools\[1\]\.name: "p" is the name of esddns:pools\[0\]/),
    ]);
  });
});

describe("advertisements", () => {
  it("name pools that exist, and miss none", () => {
    expect(problems({ l2: [{ name: "l2", pools: ["esddns-pol"] }] })).toEqual([
      'esddns:l2[0].pools[0]: "esddns-pol" is no pool of esddns:pools. Did you mean "esddns-pool"?',
      expect.stringContaining('esddns:pools[0]: no advertisement announces "esddns-pool"'),
    ]);
  });

  it("are wanted even where the list is empty", () => {
    expect(problems({ l2: [] })).toEqual([expect.stringContaining("no advertisement announces")]);
  });

  it("must list pools", () => {
    expect(problems({ l2: [{ name: "l2", pools: [] }] })[0]).toContain("esddns:l2[0].pools: is empty");
  });
});

describe("the page's address", () => {
  it.each([
    [{ pool: "other" }, "esddns:service.pool", "no pool of esddns:pools"],
    [{ address: "192.168.1.99" }, "esddns:service.address", "is not in any pool"],
    [{ pool: "esddns-pool", address: "10.0.0.1" }, "esddns:service.address", 'not in the pool "esddns-pool"'],
    [{ address: "192.168.1.100,192.168.1.101" }, "esddns:service.address", "nor one of each family"],
    [{ address: "home" }, "esddns:service.address", "is not one IP address"],
  ])("%j is refused", (service, path, wrong) => {
    const found = problems({ service });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`${path}: `);
    expect(found[0]).toContain(wrong);
  });

  it("brings its pool along", () => {
    const pools = [...SOUND.pools, { name: "second", addresses: ["10.0.0.1-10.0.0.9"] }];
    expect(accepted({ pools, service: { address: "10.0.0.7" } }).config.service).toMatchObject({
      pool: "second",
      addresses: ["10.0.0.7"],
    });
  });

  it("comes from a pool that the page's namespace may use", () => {
    const kept = { name: "kept", addresses: ["10.0.0.1"], namespaces: ["other"] };
    expect(accepted({ pools: [kept, ...SOUND.pools] }).config.service.pool).toBe("esddns-pool");
    expect(problems({ pools: [kept, ...SOUND.pools], service: { pool: "kept" } })[0]).toContain(
      "Add esddns-production",
    );
  });

  it("is none that avoidBuggyIPs leaves out", () => {
    const pools = [{ name: "p", addresses: ["192.168.1.0/24"], avoidBuggyIPs: true }];
    expect(problems({ pools, service: { address: "192.168.1.255" } })[0]).toContain("left out");
  });
});

describe("records", () => {
  const home = { zone: "example.com", name: "home" };
  it.each([
    [{ ...home, ttl: 60 }, "records[0].ttl", "60 is too small: the least is 300"],
    [{ ...home, ttl: 1e9 }, "records[0].ttl", "is too much"],
    [{ ...home, ttl: "300" }, "records[0].ttl", '"300" is a text, not a number'],
    [{ ...home, types: ["AAAA"] }, "records[0].ipv6Suffix", "an AAAA record has no value without it"],
    [{ ...home, types: ["AAAA"], ipv6Suffix: "2001:db8::1" }, "records[0].ipv6Suffix", "not the host's part"],
    [{ ...home, ipv6Suffix: "::1" }, "records[0].ipv6Suffix", "is of use to AAAA records only"],
    [{ ...home, types: ["MX"] }, "records[0].types[0]", '"A" or "AAAA"'],
    [{ ...home, zone: "example" }, "records[0].zone", "not the name of a zone"],
    [{ ...home, zone: "example.com." }, "records[0].zone", 'Write "example.com".'],
    [{ ...home, name: "home.example.com" }, "records[0].name", 'write "home"'],
    [{ ...home, name: "Home_" }, "records[0].name", "not the name of a record"],
    [{ zone: "example.com" }, "records[0].name", "is missing. Relative to the zone"],
  ])("%j is refused", (record, path, wrong) => {
    const found = problems({ records: [record] });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`esddns:${path}: `);
    expect(found[0]).toContain(wrong);
  });

  it.each(["@", "*", "*.lab", "home", "_dmarc", "a.b-c"])("takes the name %j", (name) => {
    expect(problems({ records: [{ ...home, name }] })).toEqual([]);
  });

  const front = { kind: "Service", service: { namespace: "web", name: "front" } };
  it.each([
    [{ ...home, source: { kind: "Service" } }, "records[0].source.service", "is missing"],
    [{ ...home, source: { ...front, kind: "Wan" } }, "records[0].source.service", "no use to kind Wan"],
    [
      { ...home, source: { ...front, service: { namespace: "Web", name: "front" } } },
      "records[0].source.service.namespace",
      "not a name that Kubernetes takes",
    ],
    [{ ...home, source: { kind: "Fixed" } }, "records[0].source.values", "no IPv4 address for type A"],
    [
      { ...home, source: { kind: "Fixed", values: ["1.1.1.1", "x"] } },
      "records[0].source.values[1]",
      "not an IP address",
    ],
    [
      { ...home, source: { kind: "Fixed", values: ["1.1.1.1", "::1"] } },
      "records[0].source.values[1]",
      "none of the types A",
    ],
    [{ ...home, source: { kind: "Ingress" } }, "records[0].source.kind", '"Service"'],
    [{ ...home, allowPrivate: true }, "records[0].allowPrivate", "no use to the WAN address"],
    [
      { ...home, types: ["AAAA"], ipv6Suffix: "::1", ipv6FromNode: "node1" },
      "records[0].ipv6Suffix",
      "beside ipv6FromNode",
    ],
    [{ ...home, ipv6FromNode: "node1" }, "records[0].ipv6FromNode", "AAAA records only"],
    [{ ...home, types: ["AAAA"], ipv6FromNode: "Node 1" }, "records[0].ipv6FromNode", "not the name of a node"],
    [{ ...home, types: ["A", "AAAA"], source: front, ipv6Suffix: "::1" }, "records[0].ipv6Suffix", "kind Service"],
    [{ ...home, deletionPolicy: "delete" }, "records[0].deletionPolicy", 'Did you mean "Delete"?'],
    [{ ...home, deletionTimeoutSeconds: 0 }, "records[0].deletionTimeoutSeconds", "too small"],
    [{ ...home, driftLimit: 61 }, "records[0].driftLimit", "too much"],
    [{ ...home, dryRun: "yes" }, "records[0].dryRun", "true or false"],
  ])("%j is refused", (record, path, wrong) => {
    const found = problems({ records: [record] });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`esddns:${path}: `);
    expect(found[0]).toContain(wrong);
  });

  it("takes every other source, policy and limit", () => {
    const records = [
      { ...home, types: ["AAAA"], ipv6FromNode: "node1.lan", deletionPolicy: "Delete", deletionTimeoutSeconds: 30 },
      { ...home, source: front, allowPrivate: true, driftLimit: 0, dryRun: true },
      { ...home, name: "fixed", types: ["A", "AAAA"], source: { kind: "Fixed", values: ["1.1.1.1", "2606:4700::1"] } },
    ];
    expect(problems({ records })).toEqual([]);
    // No family is looked for where the address comes from elsewhere.
    expect(problems({ records: records.slice(1, 2), detection: { families: ["IPv6"] } })).toEqual([]);
    expect(accepted({ dryRun: true }).config.dryRun).toBe(true);
  });

  it("finds the same name and type twice, and a family that nobody looks for", () => {
    expect(problems({ records: [home, { ...home, name: "a" }, home] })).toEqual([
      expect.stringContaining(
        "esddns:records[2].types[0]: home.example.com has the type A at esddns:records[0].types[0]",
      ),
    ]);
    expect(problems({ detection: { families: ["IPv6"] } })[0]).toContain(
      "esddns:records[0].types[0]: an A record needs IPv4",
    );
  });
});

describe("the rest", () => {
  it("knows no other keys, at any depth, and guesses what was meant", () => {
    expect(problems({ pool: [], lb: { peers: [] }, detection: { quorom: 3, stun: { server: [] } } })).toEqual([
      'esddns:pool: is not a known key. Did you mean "pools"?',
      expect.stringContaining("esddns:lb: is not a known key."),
      'esddns:detection.quorom: is not a known key. Did you mean "quorum"?',
      'esddns:detection.stun.server: is not a known key. Did you mean "servers"?',
    ]);
  });

  it.each([
    [{ pools: "192.168.1.100-192.168.1.110" }, 'esddns:pools: "192.168.1.100-192.168.1.110" is a text, not a list'],
    [{ pools: "[{" }, "esddns:pools: is not valid JSON"],
    [{ service: "192.168.1.100" }, "esddns:service: "],
    [
      { checks: { skip: ["pool-adresses"] } },
      'esddns:checks.skip[0]: "pool-adresses" does not fit. Write "namespace" or "shared-metallb" or "adopted-metallb"',
    ],
    [{ checks: { skip: ["pool-adresses"] } }, 'Did you mean "pool-addresses"?'],
    [{ checks: { whenUnreachable: "off" } }, 'esddns:checks.whenUnreachable: "off" does not fit. Write "Refuse" or'],
    [{ checks: { skip: ["taints", "taints"] } }, 'esddns:checks.skip[1]: "taints" is there twice'],
    [{ observeLive: "yes" }, 'esddns:observeLive: "yes" is a text, not true or false'],
    [{ waitForWanSeconds: "soon" }, "esddns:waitForWanSeconds: "],
    [{ waitForWanSeconds: -1 }, "esddns:waitForWanSeconds: -1 is too small"],
    [{ gandiRequestsPerMinute: 5 }, "esddns:gandiRequestsPerMinute: 5 is too small: the least is 10"],
    [{ gandiRequestsPerMinute: 1000 }, "esddns:gandiRequestsPerMinute: 1000 is too much: the most is 900"],
    [{ shared: "owned" }, 'esddns:shared: "owned" does not fit. Write "own" or "adopt". Did you mean "own"?'],
    [{ metallb: { version: 0.15 } }, "esddns:metallb.version: 0.15 is a number, not a text"],
    [{ metallb: { version: "latest" } }, "is not one exact version"],
    [{ metallb: { namespace: "esddns-production" } }, "is MetalLB's namespace too"],
    [{ shared: "adopt", metallb: { values: {} } }, "esddns:metallb.values: has no effect"],
    [{ namespace: "No Name" }, "esddns:namespace: "],
    [{ image: {} }, "esddns:image: is missing"],
    [{ image: { reference: "esddns:latest" } }, "does not name an image by digest"],
    [{ image: { builder: "podman" } }, 'Write "buildah"'],
    [{ image: { ...SOUND.image, builder: "buildah" } }, "says both"],
    [{ image: { builder: "buildah", containerd: ["containerd.sock"] } }, "is not a containerd socket"],
    [{ extraCaCertificates: "hello" }, "contains no certificate"],
    [{ extraCaCertificates: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----" }, "cannot be read"],
    [{ detection: { allowNonGlobal: ["100.64.0.0/99"] } }, "esddns:detection.allowNonGlobal[0]: "],
    [{ detection: { https: { services: [{ url: "http://a", organisation: "a" }] } } }, "is not an https:// URL"],
    [{ gandiTokenSecret: { name: "gandi" } }, "is set beside gandiTokenSecret"],
  ])("%j is refused", (overrides, wrong) => {
    const found = problems(overrides);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(wrong);
  });

  it.each(["service", "bgp", "detection", "image", "l2", "metallb", "push"])(
    "tells once that %s cannot be read",
    (key) => {
      const found = problems({ l2: [{ name: "lan", pools: ["esddns-pool"] }], [key]: "{" });
      expect(found).toEqual([expect.stringContaining(`esddns:${key}: is not valid JSON`)]);
    },
  );

  it("refuses a stack whose name makes no namespace", () => {
    expect(problems({}, { ...CONTEXT, stack: "My_Stack" })[0]).toContain('the default, "esddns-My_Stack"');
  });

  it("refuses a token in plain text, and never quotes it", () => {
    const found = problems({ gandiToken: "pat with-space" }, { ...CONTEXT, secretKeys: new Set() });
    expect(found).toHaveLength(2);
    expect(found.join()).not.toContain("pat with-space");
    expect(problems({ gandiToken: { token: "pat-in-object" } }).join()).not.toContain("pat-in-object");
  });

  it("names every problem at once", () => {
    const paths = problems({
      shared: "mine",
      pools: [{ name: "A", addresses: ["nowhere", 7], autoAssign: "yes" }, { addresses: "x" }, null],
      l2: "everything",
      records: [{ zone: "x", name: "?", ttl: 1 }, 5],
      detection: { quorum: 0, https: { services: [{ url: "ftp://x" }] } },
      image: { reference: "x" },
      gandiToken: "",
      waitForWanSeconds: "soon",
      colour: "blue",
    }).map((problem) => problem.split(": ")[0]);
    expect(paths.sort()).toEqual(
      [
        "esddns:shared",
        "esddns:pools[0].name",
        "esddns:pools[0].addresses[0]",
        "esddns:pools[0].addresses[1]",
        "esddns:pools[0].autoAssign",
        "esddns:pools[1].name",
        "esddns:pools[1].addresses",
        "esddns:pools[2]",
        "esddns:l2",
        "esddns:records[0].zone",
        "esddns:records[0].name",
        "esddns:records[0].ttl",
        "esddns:records[1]",
        "esddns:detection.quorum",
        "esddns:detection.https.services[0].url",
        "esddns:detection.https.services[0].organisation",
        "esddns:image.reference",
        "esddns:waitForWanSeconds",
        "esddns:colour",
      ].sort(),
    );
  });
});

describe("anything at all", () => {
  it("is answered with a config or with problems, never with an exception", () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.constantFrom(...Object.keys(SOUND), "l2", "service", "detection", "metallb", "x"),
          fc.jsonValue(),
        ),
        (raw) => {
          const parsed = parseStackConfig(raw, CONTEXT);
          if (!parsed.ok) expect(parsed.problems.length).toBeGreaterThan(0);
          return true;
        },
      ),
    );
    fc.assert(fc.property(fc.anything(), (raw) => typeof parseStackConfig(raw, CONTEXT).ok === "boolean"));
  });

  it("with a bad item in a list keeps the problems of the other items", () => {
    fc.assert(
      fc.property(fc.nat(4), fc.nat(4), (bad, other) => {
        fc.pre(bad !== other);
        const pools = Array.from({ length: 5 }, (_, i) => ({
          name: `p${i}`,
          addresses: [i === other ? "x" : `10.0.0.${i + 1}`],
        }));
        const mixed = pools.map((pool, i) => (i === bad ? null : pool));
        expect(
          problems({ pools: mixed })
            .map((problem) => problem.split(": ")[0])
            .sort(),
        ).toEqual([`esddns:pools[${bad}]`, `esddns:pools[${other}].addresses[0]`].sort());
      }),
    );
  });
});
