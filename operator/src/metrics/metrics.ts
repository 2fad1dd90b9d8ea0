import { collectDefaultMetrics, Registry } from "prom-client";
import type { Vote } from "@esddns/common/api";
import { FAILURE_REASONS } from "../records/findings.ts";
import { LIST_ORGANISATION } from "@esddns/common/api";
import { collected, counter, gauge, histogram } from "./instruments.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { registerSnapshotMetrics, registerClusterView } from "./snapshotMetrics.ts";

/** Counts events as they happen. All other values are taken from the snapshot at each scrape. */
export interface Metrics {
  readonly contentType: string;
  text(): Promise<string>;
  round(votes: readonly Vote[], durationMs: number): void;
  probe(vote: Vote): void;
  dnsUpdate(atMs: number): void;
  dnsFailure(reason: string): void;
  /** `status` is the HTTP status. Undefined if there was no answer. */
  gandiRequest(method: string, outcome: string, status: number | undefined, durationMs: number): void;
  kubernetesRequest(verb: string, resource: string): void;
  reconciled(action: string, durationMs: number): void;
  leader(leading: boolean): void;
  /** The zone's name servers were asked about a record. `status` is that of its condition Verified. */
  verified(record: string, status: string, atMs: number): void;
}

interface MetricsOptions {
  readonly role: "operator" | "status";
  readonly version: string;
  readonly snapshot: () => Snapshot;
  readonly healthy: () => boolean;
  /** Requests that may go to Gandi at once. Only for operator pods. */
  readonly gandiBudgetLeft?: () => number;
}

/** Creates the metrics of one pod. The functions in the options are called at each scrape. */
export function createMetrics(options: MetricsOptions): Metrics {
  const { role, version, snapshot, healthy } = options;
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  gauge(registry, "buildInfo").set({ version, role, node_version: process.version }, 1);
  collected(registry, "serviceHealth", (set) => {
    set({}, healthy() ? 1 : 0);
  });
  registerSnapshotMetrics(registry, snapshot);
  if (role === "status") registerClusterView(registry, snapshot);
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    ...(role === "operator" ? operatorMetrics(registry, options) : statusMetrics),
  };
}

type Counting = Omit<Metrics, "contentType" | "text">;

const ignore = (): void => undefined;
/** The page's pod asks no source and writes nothing. */
const statusMetrics: Counting = {
  round: ignore,
  probe: ignore,
  dnsUpdate: ignore,
  dnsFailure: ignore,
  gandiRequest: ignore,
  kubernetesRequest: ignore,
  reconciled: ignore,
  leader: ignore,
  verified: ignore,
};

function operatorMetrics(registry: Registry, options: MetricsOptions): Counting {
  const kubernetesRequests = counter(registry, "kubernetesRequests");
  return {
    ...lookingMetrics(registry),
    ...writingMetrics(registry),
    ...gandiMetrics(registry, options),
    kubernetesRequest: (verb, resource) => {
      kubernetesRequests.inc({ verb, resource });
    },
  };
}

function lookingMetrics(registry: Registry): Pick<Counting, "round" | "probe"> {
  const rounds = counter(registry, "rounds");
  const roundSeconds = histogram(registry, "roundSeconds");
  const votes = counter(registry, "votes");
  const probes = counter(registry, "probes");
  const probeSeconds = histogram(registry, "probeSeconds");
  return {
    round: (answers, durationMs) => {
      rounds.inc();
      roundSeconds.observe(durationMs / 1000);
      for (const { source, organisation, transport, family, outcome } of answers) {
        // The servers of downloaded lists change every day, so a series for each would grow without end.
        const one = organisation === LIST_ORGANISATION ? organisation : source;
        votes.inc({ source: one, organisation, transport, family, outcome });
      }
    },
    probe: ({ outcome, rttMs }) => {
      probes.inc({ outcome });
      if (rttMs !== undefined) probeSeconds.observe(rttMs / 1000);
    },
  };
}

function writingMetrics(
  registry: Registry,
): Pick<Counting, "dnsUpdate" | "dnsFailure" | "reconciled" | "leader" | "verified"> {
  const updates = counter(registry, "dnsUpdates");
  const failures = counter(registry, "dnsUpdateFailures");
  // Here and below: Prometheus sees no increase in a series that starts with its first event.
  for (const reason of FAILURE_REASONS) failures.inc({ reason }, 0);
  const lastUpdate = gauge(registry, "lastDnsUpdate");
  const reconcileSeconds = histogram(registry, "reconcileSeconds");
  const leader = gauge(registry, "leader");
  const verifications = counter(registry, "verifications");
  for (const status of ["True", "False", "Unknown"] as const) verifications.inc({ status }, 0);
  const lastVerified = gauge(registry, "lastVerified");
  return {
    dnsUpdate: (atMs) => {
      updates.inc();
      lastUpdate.set(atMs / 1000);
    },
    dnsFailure: (reason) => {
      failures.inc({ reason });
    },
    reconciled: (action, durationMs) => {
      reconcileSeconds.observe({ action }, durationMs / 1000);
    },
    leader: (leading) => {
      leader.set(leading ? 1 : 0);
    },
    verified: (record, status, atMs) => {
      verifications.inc({ status });
      if (status === "True") lastVerified.set({ record }, atMs / 1000);
    },
  };
}

function gandiMetrics(registry: Registry, { gandiBudgetLeft }: MetricsOptions): Pick<Counting, "gandiRequest"> {
  const seconds = histogram(registry, "gandiRequestSeconds");
  collected(registry, "gandiBudgetLeft", (set) => {
    if (gandiBudgetLeft !== undefined) set({}, gandiBudgetLeft());
  });
  return {
    gandiRequest: (method, outcome, status, durationMs) => {
      seconds.observe({ method, outcome, status: status?.toString() ?? "none" }, durationMs / 1000);
    },
  };
}
