/** Mistakes that people make in a stack config: each is told with its key, what is wrong and what would be right. */
import { describe, expect, it } from "vitest";
import { parseStackConfig } from "./parse.ts";
import { formatProblem } from "./validation/problem.ts";

const POOL = { name: "p", addresses: ["192.168.1.100-192.168.1.110"] };
const KEPT = { name: "kept", addresses: ["192.168.2.1"], namespaces: ["games"] };
const PEER = { name: "r", myASN: 64500, peerASN: 64501, peerAddress: "192.168.1.1" };
const ADVERTISEMENT = { name: "b", pools: ["p"] };
const HOME = { zone: "example.com", name: "home" };
const REFERENCE = `registry.example.com:5000/esddns@sha256:${"a".repeat(64)}`;
const SOUND = { pools: [POOL], records: [HOME], image: { reference: `x@sha256:${"a".repeat(64)}` } };

function problems(over: Readonly<Record<string, unknown>>): string[] {
  const parsed = parseStackConfig({ ...SOUND, ...over }, { stack: "production", secretKeys: new Set() });
  return parsed.ok ? [] : parsed.problems.map(formatProblem);
}

function warnings(over: Readonly<Record<string, unknown>>): readonly string[] {
  const parsed = parseStackConfig({ ...SOUND, ...over }, { stack: "production", secretKeys: new Set() });
  if (!parsed.ok) throw new Error(parsed.problems.map(formatProblem).join("\n"));
  return parsed.warnings;
}

/** `key`: without `esddns:`. */
type Mistake = readonly [over: Readonly<Record<string, unknown>>, key: string, told: string | RegExp];

const pool = (over: object) => ({ pools: [{ ...POOL, ...over }] });
const address = (...addresses: unknown[]) => pool({ addresses });
const l2 = (over: object) => ({ l2: [{ name: "l", pools: ["p"], ...over }] });
const peer = (over: object, more: object[] = []) => ({
  bgp: { peers: [{ ...PEER, ...over }, ...more], advertisements: [ADVERTISEMENT] },
});
const advertisements = (...list: object[]) => ({
  bgp: { peers: [PEER, { ...PEER, name: "i", peerASN: 64500, peerAddress: "192.168.1.2" }], advertisements: list },
});
const channel = (over: object) => ({ notify: [{ name: "phone", type: "ntfy", url: "https://ntfy.sh/t", ...over }] });
const record = (over: object) => ({ records: [{ ...HOME, ...over }] });
const label = "a".repeat(63);

describe.each<[string, readonly Mistake[]]>([
  [
    "an address",
    [
      [address(" 192.168.1.100"), "pools[0].addresses[0]", '" 192.168.1.100" is not an IP address'],
      [address("192.168.1.100\u200b"), "pools[0].addresses[0]", '"192.168.1.100\\u{200b}" is not an IP address'],
      [address("192.168.1.100\u00a0-192.168.1.101\u202e"), "pools[0].addresses[0]", "\\u{202e}"],
      [address("１９２.168.1.100"), "pools[0].addresses[0]", "is not an IP address"],
      [address("192.168.1.100,192.168.1.101"), "pools[0].addresses[0]", "is not an IP address. Write an address"],
      [address("192.168.1.100–192.168.1.110"), "pools[0].addresses[0]", "is not an IP address"],
      [address("192.168.1.100/"), "pools[0].addresses[0]", "has no prefix length from 0 to 32"],
      [address("192.168.1.100/-1"), "pools[0].addresses[0]", "is not a range"],
      [address("fd00::/129"), "pools[0].addresses[0]", "from 0 to 128"],
      [address("fe80::1%eth0"), "pools[0].addresses[0]", "is not an IP address"],
      [address("::ffff:192.168.1.1"), "pools[0].addresses[0]", "is not an IP address"],
      [address("[fd00::1]"), "pools[0].addresses[0]", "is not an IP address"],
      [address("::/0"), "pools[0].addresses[0]", "contains the unspecified address"],
      [address("1.0.0.0-223.255.255.255"), "pools[0].addresses[0]", "contains loopback addresses"],
      [address("127.0.0.1"), "pools[0].addresses[0]", "loopback"],
      [address("239.1.2.3"), "pools[0].addresses[0]", "multicast"],
      [address("ff02::1"), "pools[0].addresses[0]", "multicast"],
      [address("169.254.1.1"), "pools[0].addresses[0]", "link-local"],
      [address("255.255.255.255"), "pools[0].addresses[0]", /multicast|broadcast/],
      [address(192.168), "pools[0].addresses[0]", "192.168 is a number, not a text"],
      [address(null), "pools[0].addresses[0]", "is empty, not a text"],
      [address({ from: "192.168.1.1" }), "pools[0].addresses[0]", "is an object, not a text"],
      [address(), "pools[0].addresses", "is empty. Addresses, ranges or CIDRs"],
      [pool({ addresses: "192.168.1.100" }), "pools[0].addresses", "is a text, not a list"],
    ],
  ],
  [
    "a pool",
    [
      [pool({ name: "" }), "pools[0].name", '"" is not a name that Kubernetes takes'],
      [pool({ name: "P" }), "pools[0].name", "Lower-case letters"],
      [pool({ name: "pöol" }), "pools[0].name", "is not a name that Kubernetes takes"],
      [pool({ name: "a".repeat(64) }), "pools[0].name", "63 at most"],
      [pool({ autoAssign: 1 }), "pools[0].autoAssign", "1 is a number, not true or false"],
      [pool({ priority: -1 }), "pools[0].priority", "-1 is too small: the least is 0"],
      [pool({ priority: 1.5 }), "pools[0].priority", "1.5 is not a whole number"],
      [pool({ priority: Number.NaN }), "pools[0].priority", "NaN is"],
      [pool({ namespaces: ["a", "a"] }), "pools[0].namespaces[1]", '"a" is there twice, the first time at [0]'],
      [pool({ namespaces: ["Games"] }), "pools[0].namespaces[0]", "is not a name that Kubernetes takes"],
      [
        pool({ addresses: ["192.168.1.0", "192.168.2.255"], avoidBuggyIPs: true }),
        "pools[0].avoidBuggyIPs",
        "leaves the pool no address",
      ],
      [pool({ adresses: [] }), "pools[0].adresses", 'Did you mean "addresses"?'],
      [pool({ protocol: "layer2" }), "pools[0].protocol", "Known are name, addresses"],
      [
        {
          pools: Array.from({ length: 257 }, (_, i) => ({
            name: `p${i}`,
            addresses: [`10.0.${i >> 7}.${2 * (i & 127)}`],
          })),
        },
        "pools",
        "have 257 addresses, ranges and CIDRs in all, and the most is 256",
      ],
      [{ pools: { name: "p" } }, "pools", "is an object, not a list. Write a list: [{ name: esddns-pool"],
    ],
  ],
  [
    "an advertisement of layer 2",
    [
      [l2({ pools: ["p", "p"] }), "l2[0].pools[1]", '"p" is there twice'],
      [l2({ pools: "p" }), "l2[0].pools", '"p" is a text, not a list'],
      [l2({ interfaces: ["eth0", "eth0"] }), "l2[0].interfaces[1]", "is there twice"],
      [
        l2({ interfaces: ["eth*", "a name with spaces"] }),
        "l2[0].interfaces[1]",
        "is not the name of a network interface",
      ],
      [l2({ interfaces: ["a-name-with-16ch"] }), "l2[0].interfaces[0]", "is not the name of a network interface"],
      [
        l2({ nodeSelectors: [{ matchLabels: { "a//b": "c" } }] }),
        "l2[0].nodeSelectors[0].matchLabels.a//b",
        "is not a name that labels",
      ],
      [
        l2({ nodeSelectors: [{ matchLabels: { zone: true } }] }),
        "l2[0].nodeSelectors[0].matchLabels.zone",
        "put it in quotes",
      ],
      [
        l2({ nodeSelectors: [{ matchLabels: { zone: "a b" } }] }),
        "l2[0].nodeSelectors[0].matchLabels.zone",
        '"a b" is not a value that labels can have',
      ],
      [l2({ nodeSelectors: [{}, {}] }), "l2[0].nodeSelectors[1]", "{} is there twice"],
      [l2({ nodeSelectors: { zone: "a" } }), "l2[0].nodeSelectors", "is an object, not a list"],
    ],
  ],
  [
    "BGP",
    [
      [peer({ myASN: 0 }), "bgp.peers[0].myASN", "0 is too small: the least is 1"],
      [peer({ peerASN: -64501 }), "bgp.peers[0].peerASN", "is too small"],
      [peer({ peerASN: 4_294_967_296 }), "bgp.peers[0].peerASN", "is too much: the most is 4294967295"],
      [peer({ peerASN: "64501" }), "bgp.peers[0].peerASN", '"64501" is a text, not a number'],
      [peer({ peerASN: 64501.5 }), "bgp.peers[0].peerASN", "is not a whole number"],
      [peer({ peerPort: 0 }), "bgp.peers[0].peerPort", "is too small"],
      [peer({ peerPort: 65_536 }), "bgp.peers[0].peerPort", "is too much"],
      [peer({ peerAddress: "0.0.0.0" }), "bgp.peers[0].peerAddress", "contains “this network”"],
      [peer({ peerAddress: "224.0.0.5" }), "bgp.peers[0].peerAddress", "multicast"],
      [peer({ peerAddress: "fe80::1" }), "bgp.peers[0].peerAddress", "link-local"],
      [peer({ peerAddress: "192.168.1.1/24" }), "bgp.peers[0].peerAddress", "is not an IP address"],
      [peer({ sourceAddress: "192.168.1.1" }), "bgp.peers[0].sourceAddress", "is the router's own address"],
      [
        peer({}, [{ ...PEER, name: "again" }]),
        "bgp.peers[1].peerAddress",
        '"192.168.1.1" is the address of "r" already',
      ],
      [advertisements({ ...ADVERTISEMENT, pools: ["p", "p"] }), "bgp.advertisements[0].pools[1]", "is there twice"],
      [
        advertisements({ ...ADVERTISEMENT, communities: ["1:2", "1:2"] }),
        "bgp.advertisements[0].communities[1]",
        "is there twice",
      ],
      [
        advertisements({ ...ADVERTISEMENT, localPref: 100 }, { ...ADVERTISEMENT, name: "c", localPref: 200 }),
        "bgp.advertisements[1].localPref",
        '200 is another than the 100 of "b"',
      ],
      [{ bgp: [] }, "bgp", "is a list, not an object"],
    ],
  ],
  [
    "MetalLB",
    [
      [{ metallb: { version: "" } }, "metallb.version", '"" is not one exact version'],
      [{ metallb: { version: "v0.15.3" } }, "metallb.version", 'Write it in full and in quotes: "0.15.3"'],
      [{ metallb: { version: "0.9.6" } }, "metallb.version", "is older than this program knows"],
      [{ metallb: { repository: "metallb" } }, "metallb.repository", "is not the URL of a repository"],
      [{ metallb: { repository: "oci://quay.io/charts" } }, "metallb.repository", "chart: oci://"],
      [
        { metallb: { chart: "oci://quay.io/metallb", repository: "https://charts.example.com" } },
        "metallb.repository",
        "has no effect beside the chart",
      ],
      [{ metallb: { chart: "oci://quay.io/metallb:0.15.3" } }, "metallb.chart", "is not a chart"],
      [
        { metallb: { chart: "metallb/metallb" } },
        "metallb.chart",
        '"metallb/metallb" is not a chart. Write metallb, a path that begins with ./ or /, or oci://',
      ],
      [{ metallb: { chart: "charts/metallb-0.15.3.tgz" } }, "metallb.chart", "a path that begins with ./ or /"],
      [{ metallb: { chart: "metallb-0.15.3.tgz" } }, "metallb.chart", "a path that begins with ./ or /"],
      [
        { metallb: { chart: "./metallb-0.14.5.tgz", version: "0.16.2" } },
        "metallb.version",
        '"0.16.2" is another than that of ./metallb-0.14.5.tgz. Write "0.14.5", or leave it out.',
      ],
      [{ metallb: { chart: "/charts/metallb-0.13.9.tgz" } }, "metallb.version", '"0.13.9" is older'],
      [
        { metallb: { chart: "./charts/metallb" } },
        "metallb.version",
        "is missing, and the name ./charts/metallb does not tell it. Write the version that is in its Chart.yaml",
      ],
      [{ metallb: { values: [] } }, "metallb.values", "is a list, not an object"],
      [{ metallb: { values: { speaker: "on" } } }, "metallb.values.speaker", '"on" is not an object'],
      [
        { metallb: { values: { speaker: { frr: { enabled: "true" } } } } },
        "metallb.values.speaker.frr.enabled",
        '"true" is not true or false. Write it without quotes',
      ],
      [
        { metallb: { values: { frrk8s: { enabled: "false" } } } },
        "metallb.values.frrk8s.enabled",
        "is not true or false",
      ],
      [{ metallb: { values: { speaker: { enabled: false } } } }, "metallb.values.speaker.enabled", "is false"],
      [
        { metallb: { values: { frrk8s: { enabled: true }, speaker: { frr: { enabled: true } } } } },
        "metallb.values.speaker.frr.enabled",
        "there is one FRR on a node",
      ],
      [
        { metallb: { values: { frrk8s: { enabled: true, external: true, namespace: "frr-k8s-system" } } } },
        "metallb.values.frrk8s.enabled",
        "is true beside frrk8s.external",
      ],
      [{ metallb: { namespace: "kube-system" } }, "metallb.namespace", "is Kubernetes' own namespace"],
      [{ namespace: "default" }, "namespace", "is Kubernetes' own namespace"],
      [{ namespace: "a.b" }, "namespace", "is not a name that Kubernetes takes"],
      [
        { metallb: { values: { loadBalancerClass: "a" } }, service: { loadBalancerClass: "b" } },
        "service.loadBalancerClass",
        'is another than the "a" of esddns:metallb.values',
      ],
      [
        { service: { loadBalancerClass: "metallb" } },
        "service.loadBalancerClass",
        /takes Services without a class.*Leave it out, or .*esddns:metallb\.values \{ loadBalancerClass: metallb \}/,
      ],
    ],
  ],
  [
    "the page's Service",
    [
      [{ service: { address: "" } }, "service.address", '"" is not one IP address'],
      [{ service: { address: "192.168.1.100,192.168.1.101" } }, "service.address", "nor one of each family"],
      [{ service: { address: "192.168.1.100/32" } }, "service.address", "is not one IP address"],
      [{ service: { address: ["192.168.1.100"] } }, "service.address", "is a list, not a text"],
      [{ service: { pool: "" } }, "service.pool", '"" is no pool of esddns:pools. There are "p".'],
      [
        pool({ namespaces: ["games"] }),
        "pools",
        /none is for the page's Service: "p" is kept for the namespaces games\. Its namespace is esddns-production/,
      ],
      [
        pool({ serviceSelectors: [{ matchLabels: { tier: "web" } }] }),
        "pools",
        /none is for the page's Service: the serviceSelectors of "p" do not .* labels are app: esddns-service/,
      ],
      [
        { pools: [POOL, KEPT], service: { address: "192.168.2.1" } },
        "service.address",
        '"kept" is kept for the namespaces games. Add esddns-production to them, or take an address of another pool',
      ],
      [{ service: { ingress: { host: "Esddns.Example.com" } } }, "service.ingress.host", 'Write "esddns.example.com".'],
      [{ service: { ingress: { host: "192.168.1.100" } } }, "service.ingress.host", "is not the name of a host"],
      [
        { service: { address: "192.168.1.100" }, push: { enabled: true, port: 80, address: "192.168.1.100" } },
        "push.port",
        "80 is the page's at the same address",
      ],
      [
        {
          pools: [{ name: "v6", addresses: ["fd00:1::/120"] }],
          service: { address: "fd00:1::10" },
          push: { enabled: true, port: 80, address: "FD00:1:0::0010" },
        },
        "push.port",
        "80 is the page's at the same address",
      ],
      [{ push: { enabled: true, port: 70_000 } }, "push.port", "is too much: the most is 65535"],
    ],
  ],
  [
    "a record",
    [
      [record({ zone: "192.168.1.1" }), "records[0].zone", "is not the name of a zone"],
      [record({ zone: "EXAMPLE.com" }), "records[0].zone", 'Write "example.com".'],
      [record({ zone: "bücher.example" }), "records[0].zone", 'Write "xn--bcher-kva.example".'],
      [record({ zone: "https://example.com" }), "records[0].zone", "is not the name of a zone"],
      [record({ zone: "-example.com" }), "records[0].zone", "is not the name of a zone"],
      [record({ name: "" }), "records[0].name", "@ for the zone itself"],
      [record({ name: "heim.büro" }), "records[0].name", 'Write "heim.xn--bro-hoa".'],
      [record({ name: "home." }), "records[0].name", 'Write "home".'],
      [record({ name: "a.*.b" }), "records[0].name", "* for every name"],
      [record({ name: "a..b" }), "records[0].name", "is not the name of a record"],
      [record({ name: "home.example.com" }), "records[0].name", 'write "home"'],
      [record({ name: "example.com" }), "records[0].name", 'write "@"'],
      [record({ name: [1, 2, 3, 4].map(() => label).join(".") }), "records[0].name", "makes a name of 267 characters"],
      [record({ ttl: 299 }), "records[0].ttl", "299 is too small: the least is 300"],
      [record({ ttl: 2_592_001 }), "records[0].ttl", "is too much: the most is 2592000"],
      [record({ ttl: "1h" }), "records[0].ttl", '"1h" is a text, not a number'],
      [record({ types: [] }), "records[0].types", "is empty"],
      [record({ types: "A" }), "records[0].types", '"A" is a text, not a list'],
      [record({ types: "AAAA" }), "records[0].types", '"AAAA" is a text, not a list'],
      [record({ types: ["CNAME"], name: "@" }), "records[0].types[0]", 'Write "A" or "AAAA".'],
      [record({ types: ["A", "A"] }), "records[0].types[1]", "has the type A at esddns:records[0].types[0] already"],
      [record({ types: ["AAAA"] }), "records[0].ipv6Suffix", "is missing"],
      [record({ types: ["AAAA"], ipv6Suffix: "::" }), "records[0].ipv6Suffix", "is not the host's part"],
      [record({ types: ["AAAA"], ipv6Suffix: "10" }), "records[0].ipv6Suffix", "is not the host's part"],
      [
        record({ source: { kind: "Fixed", values: ["10.0.0.1"] } }),
        "records[0].source.values[0]",
        "cannot be reached from the internet (Private-Use, RFC 1918). Take another, or set allowPrivate",
      ],
      [
        record({ source: { kind: "Fixed", values: ["1.1.1.1", "1.1.1.1"] } }),
        "records[0].source.values[1]",
        "is there twice",
      ],
      [{ records: [HOME, { ...HOME }] }, "records[1].types[0]", "home.example.com has the type A"],
      [{ records: { home: "example.com" } }, "records", "is an object, not a list"],
    ],
  ],
  [
    "a channel of notify",
    [
      [
        channel({ type: "slack" }),
        "notify[0].type",
        'the value does not fit. Write "webhook" or "ntfy" or "template".',
      ],
      [channel({ token: 12345678 }), "notify[0].token", "the value is a number, not a text"],
      [channel({ url: ["https://ntfy.sh/t"] }), "notify[0].url", "the value is a list, not a text"],
      [channel({ secret: "hunter2" }), "notify[0].secret", "the value is too short: the least is 16 characters"],
      [channel({ name: "n".repeat(64) }), "notify[0].name", "the value is too long: the most is 63 characters"],
      [channel({ headers: { Authorization: ["hunter2"] } }), "notify[0].headers.Authorization", "the value is a list"],
      [{ notify: ["https://ntfy.sh/t"] }, "notify[0]", "the value is a text, not an object"],
      [{ notify: '[{ "name": x }]' }, "notify", "is not valid JSON. Write it as YAML."],
    ],
  ],
  [
    "the rest",
    [
      [{ gandiTokenSecret: { name: "esddns-gandi" } }, "gandiTokenSecret.name", "Give yours another name"],
      [{ gandiTokenSecret: { name: "Gandi Token" } }, "gandiTokenSecret.name", "is not the name of an object"],
      [{ gandiTokenSecret: { name: "gandi", key: "a b" } }, "gandiTokenSecret.key", "is not a key of a Secret"],
      [{ gandiTokenSecret: "gandi" }, "gandiTokenSecret", "Its keys are name, key."],
      [{ gandiToken: "pat" }, "gandiToken", "is stored as plain text"],
      [{ gandiTokenExpires: "2027-02-30" }, "gandiTokenExpires", "is not a date"],
      [{ detection: { allowNonGlobal: ["0.0.0.0/0"] } }, "detection.allowNonGlobal[0]", "contains “this network”"],
      [{ detection: { allowNonGlobal: ["::/0"] } }, "detection.allowNonGlobal[0]", "contains the unspecified address"],
      [{ detection: { router: "192.168.1.100" } }, "detection.router", 'is one of the addresses of the pool "p"'],
      [{ detection: { quorum: 17 } }, "detection.quorum", "is too much: the most is 16"],
      [{ detection: { intervalSeconds: 1 } }, "detection.intervalSeconds", "is too small: the least is 30"],
      [{ image: { reference: "esddns:latest" } }, "image.reference", "A tag can be moved"],
      [{ image: { reference: `https://${REFERENCE}` } }, "image.reference", "without https://"],
      [{ image: { reference: REFERENCE.replace("esddns", "ESDDNS") } }, "image.reference", "Write it in lower case"],
      [{ image: { builder: "docker", registry: "Registry.example.com/x:1" } }, "image.registry", "without a tag"],
      [{ monitoring: { labels: { release: "a b" } } }, "monitoring.labels.release", "is not a value that labels"],
      [{ monitoring: { interval: "0s" } }, "monitoring.interval", "for instance 30s or 1m"],
      [{ waitForWanSeconds: "1e3" }, "waitForWanSeconds", '"1e3" is a text, not a number'],
      [{ shared: "Own" }, "shared", 'Did you mean "own"?'],
      [{ Pools: [] }, "Pools", 'Did you mean "pools"?'],
      [{ constructor: {}, toString: 1 }, "toString", "is not a known key"],
    ],
  ],
])("%s", (_what, mistakes) => {
  it.each(mistakes)("%j", (over, key, told) => {
    const found = problems(over);
    expect(found).toEqual([expect.stringContaining(`esddns:${key}: `)]);
    const [message = ""] = found;
    if (typeof told === "string") expect(message).toContain(told);
    else expect(message).toMatch(told);
    // What is wrong, and then, as a sentence of its own, what would be right.
    expect(message).toMatch(/\. \S/);
    expect(message).not.toMatch(/undefined|\[object Object\]|\n/);
  });
});

describe("what is stored as a secret", () => {
  const encrypted = (key: string, value: unknown): string[] => {
    const parsed = parseStackConfig({ ...SOUND, [key]: value }, { stack: "production", secretKeys: new Set([key]) });
    return parsed.ok ? [] : parsed.problems.map(formatProblem);
  };

  it.each([
    ["bgp", { peers: [{ ...PEER, passwordSecret: "hunter2!" }], advertisements: [ADVERTISEMENT] }],
    ["bgp", { peers: [{ ...PEER, password: ["hunter2!"] }], advertisements: [ADVERTISEMENT] }],
    ["bgp", '{ "peers": [{ "password": hunter2! }] }'],
    ["metallb", { values: "hunter2!" }],
    ["image", { loadCommand: "load --password hunter2!" }],
  ])("is quoted nowhere: %s %j", (key, value) => {
    const found = encrypted(key, value);
    expect(found).not.toEqual([]);
    expect(found.join("\n")).not.toContain("hunter2");
  });

  it.each([
    ["a word that cannot be sent", "…", "is not one word of letters and digits"],
    ["a word with something in it that cannot be seen", "gandi\u200btoken", "is not one word of letters and digits"],
    ["two words", "Bearer gandi-token", "is not one word of letters and digits"],
    ["quotes around it", '"gandi-token"', "has quotes in it"],
    ["the name of a variable", "$GANDI_API_KEY", "is the name of a variable"],
  ])("and is to be Gandi's token, is not %s", (_what, token, told) => {
    expect(encrypted("gandiToken", token)).toEqual([expect.stringContaining(`esddns:gandiToken: ${told}`)]);
  });
});

describe("what is unusual and right", () => {
  it.each<[string, Readonly<Record<string, unknown>>]>([
    ["AS numbers of 32 bits", peer({ myASN: 4_200_000_000, peerASN: 4_294_967_295 })],
    ["two routers, and one that is reached on another port", peer({}, [{ ...PEER, name: "s", peerPort: 1179 }])],
    [
      "names with underscores, or as the DNS spells other letters",
      record({ zone: "xn--bcher-kva.example", name: "_x" }),
    ],
    [
      "the ends of what Gandi takes",
      {
        records: [
          { ...HOME, ttl: 300 },
          { ...HOME, name: "b", ttl: 2_592_000 },
        ],
      },
    ],
    ["labels with a domain, and empty values", l2({ nodeSelectors: [{ matchLabels: { "a.b/c_d": "" } }] })],
    [
      "a private address that is meant",
      record({ source: { kind: "Fixed", values: ["10.0.0.1"] }, allowPrivate: true }),
    ],
    ["a pool that is kept for others, beside one for the page", { pools: [KEPT, POOL] }],
    ["no pool for the page, where MetalLB may have others", { shared: "adopt", pools: [KEPT] }],
    ["a pool of which the namespace's labels decide", pool({ namespaceSelectors: [{ matchLabels: { a: "b" } }] })],
    ["the class of an adopted MetalLB", { shared: "adopt", service: { loadBalancerClass: "metallb" } }],
    ["a chart's folder", { metallb: { chart: "../charts/metallb", version: "0.15.3" } }],
    ["an image with a port, a tag and a digest", { image: { reference: REFERENCE.replace("@", ":1.2@") } }],
    ["an archive, with its version", { metallb: { chart: "/charts/metallb-0.16.2.tgz", version: "0.16.2" } }],
    ["an archive of a name of one's own", { metallb: { chart: "./metallb.tgz", version: "0.15.3" } }],
    ["a chart at a registry", { metallb: { chart: "oci://registry.lan:5000/charts/metallb" } }],
    ["interfaces of every kind", l2({ interfaces: ["eth0", "br0.10", "wg-home", "enp1s0f0"] })],
  ])("%s", (_what, over) => {
    expect(problems(over)).toEqual([]);
  });

  it("is warned of where a pool has public addresses", () => {
    expect(warnings(address("8.8.8.0/29", "2000::/120")).filter((each) => each.includes("public"))).toEqual([
      expect.stringMatching(/^esddns:pools\[0\]\.addresses\[0\]: .*public addresses/),
      expect.stringMatching(/^esddns:pools\[0\]\.addresses\[1\]: .*public addresses/),
    ]);
    expect(warnings(address("10.0.0.1", "fd00::1", "172.31.255.1"))).toEqual([]);
  });

  it("reaches the network policy as it takes it: networks without host bits", () => {
    const detection = { allowNonGlobal: ["100.64.0.5/10", "198.51.100.7"] };
    const parsed = parseStackConfig({ ...SOUND, detection }, { stack: "production", secretKeys: new Set() });
    expect(parsed).toMatchObject({ config: { detection: { allowNonGlobal: ["100.64.0.0/10", "198.51.100.7/32"] } } });
  });
});

it("a thousand mistakes are told in one go, and soon", () => {
  const pools = Array.from({ length: 1000 }, (_, i) => ({ name: `p${i}`, addresses: ["192.168.1.100"] }));
  const found = problems({ pools });
  expect(found).toHaveLength(1000);
  expect(found.at(-1)).toContain("and 998 more like it");
});
