import { type DnsRecordObject, detectionSpec, dnsRecordSpec, type WanObservationObject } from "@esddns/common/api";
import { votes } from "../decide/testing.ts";
import type { Snapshot } from "./snapshot.ts";
import type { ClusterView } from "./clusterView.ts";

const NOW = Date.parse("2026-03-01T12:00:00Z");
const group = "esddns.io/v1alpha1";
const since = "2026-03-01T11:00:00Z";

const condition = (type: string, status: "True" | "False" | "Unknown", reason: string, message: string) => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: since,
});

export function record(name: string, synced: "True" | "False" = "True", message = "is in place"): DnsRecordObject {
  return {
    apiVersion: group,
    kind: "DnsRecord",
    metadata: { name, namespace: "home", generation: 1 },
    spec: dnsRecordSpec.parse({ zone: "example.com", name }),
    status: {
      fqdn: `${name}.example.com`,
      published: [{ type: "A", ttl: 300, values: ["198.51.100.20"] }],
      conditions: [condition("Synced", synced, synced === "True" ? "Synced" : "TokenRefused", message)],
    },
  };
}

export function observation(nodeName: string, text: string): WanObservationObject {
  return {
    apiVersion: group,
    kind: "WanObservation",
    metadata: { name: nodeName, namespace: "home" },
    nodeName,
    observedAt: "2026-03-01T11:59:00Z",
    validForSeconds: 660,
    votes: votes(text),
  };
}

/** MetalLB as the page shows it: one announced address, one pool that is nearly full, one dispute half an hour ago. */
export function clusterView(overrides: Partial<ClusterView> = {}): ClusterView {
  return {
    addresses: { read: true, value: ["192.168.1.100"] },
    announcedBy: { read: true, value: ["node1"] },
    pools: {
      read: true,
      value: [{ name: "esddns-pool", families: [{ family: "IPv4", assigned: 9, available: 2 }] }],
    },
    incidents: {
      read: true,
      value: [
        {
          time: "2026-03-01T11:30:00Z",
          about: "WanAddress wan",
          reason: "Disputed",
          note: "The organisations differ.",
        },
      ],
    },
    ...overrides,
  };
}

/** Everything is well: an address, two nodes that see it, one record. */
export function snapshot(overrides: Partial<Snapshot> = {}): Snapshot {
  return {
    now: NOW,
    namespace: "home",
    version: "1.2.3",
    wan: {
      apiVersion: group,
      kind: "WanAddress",
      metadata: { name: "wan", namespace: "home", generation: 1 },
      spec: detectionSpec.parse({}),
      status: {
        ipv4: "198.51.100.20",
        decisionId: 2,
        lastChangeTime: since,
        history: [
          {
            decisionId: 2,
            time: since,
            family: "IPv4",
            from: "198.51.100.7",
            to: "198.51.100.20",
            organisations: ["Google", "ipify"],
          },
        ],
        conditions: [
          condition("Ready", "True", "AddressKnown", "IPv4 198.51.100.20."),
          condition("Agreed", "True", "QuorumReached", "The organisations asked agree."),
          condition("BehindNAT", "Unknown", "RouterNotAsked", "Only the router can tell."),
        ],
      },
    },
    observations: [
      observation("node1", "Google:198.51.100.20 !ipify:198.51.100.20"),
      observation("node2", "Google:198.51.100.20 !ipify:198.51.100.20"),
    ],
    records: [record("home")],
    watches: [{ kind: "WanAddress", ageMs: 4_000 }],
    ...overrides,
  };
}
