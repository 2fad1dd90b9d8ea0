/** What the page is shown with: everything well, and each of the states in which somebody needs it. */
import { type Condition, detectionSpec, type DnsRecordObject, dnsRecordSpec } from "@esddns/common/api";
import type { Snapshot } from "../../operator/src/snapshot/snapshot.ts";
import { observation, record, snapshot, clusterView } from "../../operator/src/snapshot/testing.ts";

const AGREEING = [
  "Google:198.51.100.20",
  "Cloudflare:198.51.100.20",
  "Nextcloud:198.51.100.20",
  "!ipify:198.51.100.20",
  "!Amazon:198.51.100.20",
  "!ifconfig.me:198.51.100.20",
].join(" ");

const condition = (type: string, status: Condition["status"], reason: string, message: string): Condition => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: "2026-03-01T11:48:00Z",
});

/** The WanAddress with some conditions replaced, and status fields. */
function wan(conditions: readonly Condition[], status: object = {}): NonNullable<Snapshot["wan"]> {
  const { wan: usual } = snapshot();
  if (usual === undefined) throw new Error("the fixture has a WanAddress");
  const kept = (usual.status?.conditions ?? []).filter(({ type }) => !conditions.some((one) => one.type === type));
  return { ...usual, status: { ...usual.status, ...status, conditions: [...kept, ...conditions] } };
}

/** A record whose status has these conditions. */
function recordWith(name: string, conditions: readonly Condition[]): DnsRecordObject {
  const plain = record(name);
  return { ...plain, status: { ...plain.status, conditions: [...conditions] } };
}

const well: Partial<Snapshot> = {
  namespace: "esddns-production",
  observations: [observation("node1", AGREEING), observation("node2", AGREEING)],
  records: [record("home"), record("www")],
  clusterView: clusterView({
    pools: {
      read: true,
      value: [{ name: "esddns-pool", families: [{ family: "IPv4", assigned: 2, available: 9 }] }],
    },
  }),
  gandiTokenExpires: "2027-02-01",
};

export const fixtures = {
  well: snapshot(well),
  disputed: snapshot({
    ...well,
    wan: wan([
      condition(
        "Agreed",
        "False",
        "Disputed",
        "IPv4: the organisations name 198.51.100.20 and 203.0.113.66; the last good address is kept.",
      ),
    ]),
    observations: [
      observation("node1", `${AGREEING} Evil:203.0.113.66 !Proxy:203.0.113.66`),
      observation("node2", `${AGREEING} Evil:203.0.113.66`),
    ],
  }),
  "no-address": snapshot({
    ...well,
    wan: {
      ...wan([]),
      status: {
        conditions: [
          condition("Ready", "False", "AddressUnknown", "No WAN address is known yet for IPv4, which a record needs."),
          condition("Agreed", "False", "NoAnswers", "No source answers over IPv4."),
        ],
      },
    },
    observations: [],
    records: [{ ...record("home", "False", "Waits until an IPv4 address is known."), status: {} }],
    clusterView: clusterView({ addresses: { read: true, value: [] }, announcedBy: { read: true, value: [] } }),
    gandiTokenExpires: undefined,
  }),
  "expired-token": snapshot({
    ...well,
    gandiTokenExpires: "2026-02-20",
    records: [
      record("home", "False", "Gandi does not accept the token. Create a new one, store it and run pulumi up."),
      record("www", "False", "Gandi does not accept the token. Create a new one, store it and run pulumi up."),
    ],
  }),
  "multiple-egress": snapshot({
    ...well,
    wan: wan([
      condition(
        "Agreed",
        "False",
        "NodesDiffer",
        "IPv4: the nodes leave by different addresses; the last good one is kept.",
      ),
      condition(
        "MultipleEgress",
        "True",
        "NodesDiffer",
        "IPv4: node1 leaves by 198.51.100.20, node2 by 203.0.113.9. Choose in detection.multiWan.",
      ),
    ]),
    observations: [
      observation("node1", AGREEING),
      observation("node2", AGREEING.replaceAll("198.51.100.20", "203.0.113.9")),
    ],
  }),
  "every-line": snapshot({
    ...well,
    wan: wan(
      [
        condition(
          "MultipleEgress",
          "True",
          "AllPublished",
          "IPv4: node1 leaves by 198.51.100.20, node2 by 203.0.113.9.",
        ),
      ],
      { ipv4Addresses: ["198.51.100.20", "203.0.113.9"] },
    ),
    observations: [
      observation("node1", AGREEING),
      observation("node2", AGREEING.replaceAll("198.51.100.20", "203.0.113.9")),
    ],
    records: [
      {
        ...record("home"),
        status: {
          ...record("home").status,
          published: [{ type: "A", ttl: 300, values: ["198.51.100.20", "203.0.113.9"] }],
        },
      },
    ],
  }),
  "family-lost": snapshot({
    ...well,
    wan: wan(
      [
        condition("Agreed", "False", "NoAnswers", "No source answers over IPv4. The last known value is kept."),
        condition(
          "FamilyUnavailable",
          "True",
          "NoAnswers",
          "No source answers over IPv4. The last known value is kept: IPv4 198.51.100.20.",
        ),
      ],
      { ipv6Prefix: "2001:db8:100::/64" },
    ),
    observations: ["1", "2"].map((node) =>
      observation(`node${node}`, AGREEING.replaceAll(/198[\d.]+/g, `2001:db8:100::1${node}`)),
    ),
  }),
  "behind-nat": snapshot({
    ...well,
    wan: wan([
      condition(
        "BehindNAT",
        "True",
        "CarrierNat",
        "The router's own address outside is 100.64.3.7, the provider's: nobody gets in by the WAN address.",
      ),
    ]),
  }),
  "nobody-looks": snapshot({
    ...well,
    observations: ["node1", "node2"].map((node) => ({
      ...observation(node, AGREEING),
      observedAt: "2026-03-01T09:20:00Z",
    })),
  }),
  "out-of-date": snapshot({
    ...well,
    watches: ["WanAddress", "WanObservation", "DnsRecord"].map((kind) => ({ kind, ageMs: 1_500_000 })),
  }),
  "not-verified": snapshot({
    ...well,
    records: [
      record("home"),
      recordWith("www", [
        ...(record("www").status?.conditions ?? []),
        condition(
          "Verified",
          "False",
          "Differs",
          "www.example.com is not A 198.51.100.20 everywhere: ns1.example.net says A 192.0.2.7.",
        ),
      ]),
    ],
  }),
  contested: snapshot({
    ...well,
    records: [
      record("home"),
      recordWith("www", [
        condition(
          "Synced",
          "False",
          "Contested",
          "Another program or person changes A www.example.com: 192.0.2.7 stands there now, and driftLimit allows 3 corrections " +
            "an hour. Find the other writer (Gandi's history of the domain, an old dynamic DNS client, another cluster) and stop it, " +
            "or delete this record. The operator corrects it again as soon as the limit allows.",
        ),
        condition(
          "Verified",
          "False",
          "Differs",
          "www.example.com is not A 198.51.100.20 everywhere: ns1.gandi.net says A 192.0.2.7.",
        ),
      ]),
    ],
    clusterView: clusterView({
      incidents: {
        read: true,
        value: ["11:52", "11:41", "11:33"].map((at) => ({
          time: `2026-03-01T${at}:00Z`,
          about: "DnsRecord www",
          reason: "DriftCorrected",
          note: "A www.example.com was 192.0.2.7 and is 198.51.100.20 again.",
        })),
      },
    }),
  }),
  "ipv6-only": snapshot({
    ...well,
    wan: {
      ...wan([]),
      spec: detectionSpec.parse({ families: ["IPv6"] }),
      status: {
        conditions: [
          condition("Ready", "True", "AddressKnown", "IPv6 2001:db8:100::/64."),
          condition("Agreed", "True", "QuorumReached", "The organisations asked agree."),
        ],
        decisionId: 1,
        ipv6Prefix: "2001:db8:100::/64",
        history: [
          {
            decisionId: 1,
            time: "2026-03-01T11:00:00Z",
            family: "IPv6",
            to: "2001:db8:100::/64",
            organisations: ["Google", "Cloudflare", "ipify"],
          },
        ],
      },
    },
    observations: ["1", "2"].map((node) =>
      observation(`node${node}`, AGREEING.replaceAll(/198[\d.]+/g, `2001:db8:100::1${node}`)),
    ),
    records: [
      {
        ...record("home"),
        spec: dnsRecordSpec.parse({ zone: "example.com", name: "home", types: ["AAAA"], ipv6Suffix: "::50" }),
        status: {
          ...record("home").status,
          published: [{ type: "AAAA", ttl: 300, values: ["2001:db8:100::50"] }],
        },
      },
    ],
    clusterView: clusterView({ addresses: { read: true, value: ["fd00:192:168:1::100"] } }),
  }),
} satisfies Record<string, Snapshot>;

export type FixtureName = keyof typeof fixtures;
export const fixtureNames = Object.keys(fixtures) as FixtureName[];

/** A phone and a desktop, CSS pixels. */
export const widths = [390, 1280] as const;
export const schemes = ["light", "dark"] as const;
