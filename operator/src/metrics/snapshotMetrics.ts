import { conditionOf, isTrue } from "@esddns/common/cluster";
import type { Registry } from "prom-client";
import { collected } from "./instruments.ts";
import { allInSync, lastObservedAt, type Snapshot, wanIp } from "../snapshot/snapshot.ts";

/** Reasons of Agreed that name a contradiction. */
const CONTRADICTIONS: readonly string[] = ["Disputed", "NodesDiffer", "Flapping"];

/** Registers the metrics of every pod that are taken from the snapshot at each scrape. */
export function registerSnapshotMetrics(registry: Registry, snapshot: () => Snapshot): void {
  registerWan(registry, snapshot);
  registerAgreement(registry, snapshot);
  registerRecords(registry, snapshot);
  collected(registry, "observationTime", (set) => {
    for (const { nodeName, observedAt } of snapshot().observations) {
      set({ node: nodeName }, Date.parse(observedAt) / 1000);
    }
  });
  collected(registry, "tokenExpiry", (set) => {
    const { gandiTokenExpires } = snapshot();
    if (gandiTokenExpires !== undefined) set({}, Date.parse(gandiTokenExpires) / 1000);
  });
  collected(registry, "watchAge", (set) => {
    for (const { kind, ageMs } of snapshot().watches) if (ageMs !== undefined) set({ kind }, ageMs / 1000);
  });
}

/** Registers the metrics that only the page's pods have. */
export function registerClusterView(registry: Registry, snapshot: () => Snapshot): void {
  collected(registry, "loadBalancerAddresses", (set) => {
    const addresses = snapshot().clusterView?.addresses;
    if (addresses?.read === true) set({}, addresses.value.length);
  });
  for (const [key, count] of [
    ["poolAssigned", "assigned"],
    ["poolAvailable", "available"],
  ] as const) {
    collected(registry, key, (set) => {
      const pools = snapshot().clusterView?.pools;
      for (const { name, families } of pools?.read === true ? pools.value : []) {
        for (const use of families) set({ pool: name, family: use.family }, use[count]);
      }
    });
  }
}

function registerWan(registry: Registry, snapshot: () => Snapshot): void {
  collected(registry, "wanAddressInfo", (set) => {
    const { ipv4, ipv6Prefix } = snapshot().wan?.status ?? {};
    if (ipv4 !== undefined) set({ family: "IPv4", address: ipv4 }, 1);
    if (ipv6Prefix !== undefined) set({ family: "IPv6", address: ipv6Prefix }, 1);
  });
  collected(registry, "currentWanIpInfo", (set) => {
    const ip = wanIp(snapshot().wan?.status);
    if (ip !== undefined) set({ ip }, 1);
  });
  collected(registry, "wanCondition", (set) => {
    for (const { type, status, reason } of snapshot().wan?.status?.conditions ?? []) set({ type, status, reason }, 1);
  });
  collected(registry, "wanDisagreement", (set) => {
    const agreed = conditionOf(snapshot().wan?.status, "Agreed");
    if (agreed !== undefined) set({}, agreed.status === "False" && CONTRADICTIONS.includes(agreed.reason) ? 1 : 0);
  });
  collected(registry, "wanLastChange", (set) => {
    const time = snapshot().wan?.status?.lastChangeTime;
    if (time !== undefined) set({}, Date.parse(time) / 1000);
  });
}

function registerAgreement(registry: Registry, snapshot: () => Snapshot): void {
  let last: string | undefined;
  /** Milliseconds since the epoch. A pod that started later uses the time at which the agreement ended. */
  const lastAgreement = ({ wan, observations }: Snapshot): number | undefined => {
    const agreed = conditionOf(wan?.status, "Agreed");
    if (agreed?.status === "True") last = lastObservedAt(observations) ?? last;
    const known = wanIp(wan?.status) ?? wan?.status?.ipv6Prefix;
    const time = last ?? (known === undefined ? undefined : agreed?.lastTransitionTime);
    return time === undefined ? undefined : Date.parse(time);
  };
  collected(registry, "wanLastAgreement", (set) => {
    const time = lastAgreement(snapshot());
    if (time !== undefined) set({}, time / 1000);
  });
  collected(registry, "wanAgreementAge", (set) => {
    const state = snapshot();
    const time = lastAgreement(state);
    if (time !== undefined) set({}, Math.max(0, state.now - time) / 1000);
  });
}

function registerRecords(registry: Registry, snapshot: () => Snapshot): void {
  for (const [key, type] of [
    ["recordInSync", "Synced"],
    ["recordVerified", "Verified"],
  ] as const) {
    collected(registry, key, (set) => {
      for (const { metadata, status } of snapshot().records) {
        if (conditionOf(status, type) === undefined) continue;
        set({ record: metadata.name, fqdn: status?.fqdn ?? "" }, isTrue(status, type) ? 1 : 0);
      }
    });
  }
  collected(registry, "recordCondition", (set) => {
    for (const { metadata, status } of snapshot().records) {
      const of = { record: metadata.name, fqdn: status?.fqdn ?? "" };
      for (const { type, status: is, reason } of status?.conditions ?? []) set({ ...of, type, status: is, reason }, 1);
    }
  });
  collected(registry, "stateInSync", (set) => {
    set({}, allInSync(snapshot().records) ? 1 : 0);
  });
}
