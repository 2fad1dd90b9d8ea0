import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Vote } from "../api/index.ts";
import { LIST_ORGANISATION } from "../wan/listVote.ts";
import { allInSync, conditionOf, isTrue, lastObservedAt, type Snapshot, wanIp } from "./snapshot.ts";

/** What counts while it happens. The rest is read off the snapshot when somebody asks. */
export interface Metrics {
  readonly contentType: string;
  text(): Promise<string>;
  round(votes: readonly Vote[], durationMs: number): void;
  probe(vote: Vote): void;
  dnsUpdate(atMs: number): void;
  dnsFailure(reason: string): void;
  gandiRequest(method: string, outcome: string, durationMs: number): void;
  reconciled(action: string, durationMs: number): void;
  leader(leading: boolean): void;
  /** The zone's name servers were asked about a record; `status` is that of its condition Verified. */
  verified(record: string, status: string, atMs: number): void;
}

const SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40];

/** Metrics of one pod. `snapshot` and `healthy` are called at each scrape. */
export function createMetrics(options: {
  role: "operator" | "status";
  version: string;
  snapshot: () => Snapshot;
  healthy: () => boolean;
}): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: "esddns_build_info",
    help: "Always 1; what runs here.",
    labelNames: ["version", "role", "node_version"],
    registers: [registry],
  }).set({ version: options.version, role: options.role, node_version: process.version }, 1);
  registerSnapshotMetrics(registry, options.snapshot);
  gauge(registry, "esddns_service_health", "1 while every loop of this pod makes its steps.", (set) => {
    set({}, options.healthy() ? 1 : 0);
  });
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    ...(options.role === "operator" ? operatorMetrics(registry) : statusMetrics),
  };
}

type Counting = Omit<Metrics, "contentType" | "text">;

const ignore = (): void => undefined;
/** The page's pod asks nobody and writes nothing. */
const statusMetrics: Counting = {
  round: ignore,
  probe: ignore,
  dnsUpdate: ignore,
  dnsFailure: ignore,
  gandiRequest: ignore,
  reconciled: ignore,
  leader: ignore,
  verified: ignore,
};

function operatorMetrics(registry: Registry): Counting {
  const registers = [registry];
  const rounds = new Counter({ name: "esddns_rounds_total", help: "Full rounds of this node.", registers });
  const roundSeconds = histogram(registry, "esddns_round_duration_seconds", "Length of a full round.", []);
  const votes = new Counter({
    name: "esddns_votes_total",
    help: "Answers of full rounds, by source and by what became of them.",
    labelNames: ["source", "organisation", "transport", "family", "outcome"],
    registers,
  });
  const probes = new Counter({
    name: "esddns_probes_total",
    help: "Cheap probes between full rounds.",
    labelNames: ["outcome"],
    registers,
  });
  const leader = new Gauge({ name: "esddns_leader", help: "1 while this pod holds the writer's lease.", registers });
  const updates = new Counter({ name: "esddns_dns_updates_total", help: "Rrsets written at Gandi.", registers });
  const failures = new Counter({
    name: "esddns_dns_update_failures_total",
    help: "Attempts to keep a record true that failed, by reason.",
    labelNames: ["reason"],
    registers,
  });
  const lastUpdate = new Gauge({
    name: "esddns_last_dns_update_timestamp",
    help: "When this pod last wrote an rrset, seconds since the epoch; 0: not since it started.",
    registers,
  });
  const verifications = new Counter({
    name: "esddns_verifications_total",
    help: "Times that a zone's own servers were asked about a record, by status of the condition Verified.",
    labelNames: ["status"],
    registers,
  });
  const lastVerified = new Gauge({
    name: "esddns_last_verified_timestamp_seconds",
    help: "When this pod last found every answering server of the zone to have the record, seconds since the epoch.",
    labelNames: ["record"],
    registers,
  });
  const gandi = histogram(registry, "esddns_gandi_request_duration_seconds", "Requests to LiveDNS.", [
    "method",
    "outcome",
  ]);
  const reconcile = histogram(registry, "esddns_reconcile_duration_seconds", "Comparing and correcting one record.", [
    "action",
  ]);
  return {
    round: (answers, durationMs) => {
      rounds.inc();
      roundSeconds.observe(durationMs / 1000);
      for (const { source, organisation, transport, family, outcome } of answers) {
        // Other servers of the downloaded lists every day would be ever more series.
        const one = organisation === LIST_ORGANISATION ? organisation : source;
        votes.inc({ source: one, organisation, transport, family, outcome });
      }
    },
    probe: ({ outcome }) => {
      probes.inc({ outcome });
    },
    dnsUpdate: (atMs) => {
      updates.inc();
      lastUpdate.set(atMs / 1000);
    },
    dnsFailure: (reason) => {
      failures.inc({ reason });
    },
    gandiRequest: (method, outcome, durationMs) => {
      gandi.observe({ method, outcome }, durationMs / 1000);
    },
    reconciled: (action, durationMs) => {
      reconcile.observe({ action }, durationMs / 1000);
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

function registerSnapshotMetrics(registry: Registry, snapshot: () => Snapshot): void {
  gauge(
    registry,
    "esddns_wan_address_info",
    "Always 1; the agreed address, for IPv6 the prefix.",
    (set) => {
      const { ipv4, ipv6Prefix } = snapshot().wan?.status ?? {};
      if (ipv4 !== undefined) set({ family: "IPv4", address: ipv4 }, 1);
      if (ipv6Prefix !== undefined) set({ family: "IPv6", address: ipv6Prefix }, 1);
    },
    ["family", "address"],
  );
  gauge(
    registry,
    "esddns_current_wan_ip_info",
    "Always 1; the one WAN address, IPv4 where there is one.",
    (set) => {
      const ip = wanIp(snapshot().wan?.status);
      if (ip !== undefined) set({ ip }, 1);
    },
    ["ip"],
  );
  gauge(
    registry,
    "esddns_wan_condition",
    "1 for the status that a condition of the WanAddress has.",
    (set) => {
      for (const { type, status } of snapshot().wan?.status?.conditions ?? []) set({ type, status }, 1);
    },
    ["type", "status"],
  );
  gauge(registry, "esddns_wan_last_change_timestamp_seconds", "When the agreed address last changed.", (set) => {
    setTime(set, snapshot().wan?.status?.lastChangeTime);
  });
  let lastAgreement: string | undefined;
  gauge(registry, "esddns_wan_last_agreement_timestamp_seconds", "The last round of a time of agreement.", (set) => {
    const { wan, observations } = snapshot();
    if (isTrue(wan?.status, "Agreed")) lastAgreement = lastObservedAt(observations) ?? lastAgreement;
    setTime(set, lastAgreement);
  });
  registerRecordMetrics(registry, snapshot);
  gauge(
    registry,
    "esddns_watch_age_seconds",
    "Seconds since the API server was last heard of, by kind.",
    (set) => {
      for (const { kind, ageMs } of snapshot().watches) if (ageMs !== undefined) set({ kind }, ageMs / 1000);
    },
    ["kind"],
  );
}

function registerRecordMetrics(registry: Registry, snapshot: () => Snapshot): void {
  const perRecord = (name: string, help: string, type: "Synced" | "Verified"): void => {
    gauge(
      registry,
      name,
      help,
      (set) => {
        for (const { metadata, status } of snapshot().records) {
          if (conditionOf(status, type) === undefined) continue;
          set({ record: metadata.name, fqdn: status?.fqdn ?? "" }, isTrue(status, type) ? 1 : 0);
        }
      },
      ["record", "fqdn"],
    );
  };
  perRecord("esddns_record_in_sync", "1 while the record stands at Gandi as it should.", "Synced");
  perRecord("esddns_record_verified", "1 while the zone's own servers answer with it.", "Verified");
  gauge(registry, "esddns_state_in_sync", "1 while every record is in sync.", (set) => {
    set({}, allInSync(snapshot().records) ? 1 : 0);
  });
}

function setTime(set: (labels: Record<string, string>, value: number) => void, time: string | undefined): void {
  if (time !== undefined) set({}, Date.parse(time) / 1000);
}

/** A gauge whose values are made anew at each scrape, so that a label that no longer holds is gone. */
function gauge(
  registry: Registry,
  name: string,
  help: string,
  collect: (set: (labels: Record<string, string>, value: number) => void) => void,
  labelNames: string[] = [],
): void {
  new Gauge({
    name,
    help,
    labelNames,
    registers: [registry],
    collect() {
      this.reset();
      if (labelNames.length === 0) this.remove();
      collect((labels, value) => {
        this.set(labels, value);
      });
    },
  });
}

function histogram<const L extends string>(
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly L[],
): Histogram<L> {
  return new Histogram({ name, help, labelNames: [...labelNames], buckets: SECONDS, registers: [registry] });
}
