/**
 * Every metric of the project, once. The registry of a pod, docs/metrics.md and the dashboard are made from this table,
 * and the alerts are checked against it.
 */

export interface MetricDefinition {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly labels: readonly string[];
  /** The pods that have it. */
  readonly of: "operator" | "page" | "both";
}

export const metricTable = {
  // ------------------------------------------------------------------------------------------------------ any pod
  buildInfo: {
    name: "esddns_build_info",
    type: "gauge",
    help: "Always 1; what runs here. role is operator or status.",
    labels: ["version", "role", "node_version"],
    of: "both",
  },
  serviceHealth: {
    name: "esddns_service_health",
    type: "gauge",
    help: "1 while every loop of this pod makes its steps.",
    labels: [],
    of: "both",
  },
  watchAge: {
    name: "esddns_watch_age_seconds",
    type: "gauge",
    help: "Seconds since the API server was last heard of, by kind.",
    labels: ["kind"],
    of: "both",
  },
  // -------------------------------------------------------------------------------------------- the WAN address
  wanAddressInfo: {
    name: "esddns_wan_address_info",
    type: "gauge",
    help: "Always 1; the agreed address, for IPv6 the prefix.",
    labels: ["family", "address"],
    of: "both",
  },
  currentWanIpInfo: {
    name: "esddns_current_wan_ip_info",
    type: "gauge",
    help: "Always 1; the one WAN address, IPv4 where there is one.",
    labels: ["ip"],
    of: "both",
  },
  wanCondition: {
    name: "esddns_wan_condition",
    type: "gauge",
    help: "Always 1; status and reason that each condition of the WanAddress has now.",
    labels: ["type", "status", "reason"],
    of: "both",
  },
  wanDisagreement: {
    name: "esddns_wan_disagreement",
    type: "gauge",
    help: "1 while organisations, nodes or successive rounds contradict each other about the address, else 0.",
    labels: [],
    of: "both",
  },
  wanLastChange: {
    name: "esddns_wan_last_change_timestamp_seconds",
    type: "gauge",
    help: "When the agreed address last changed, seconds since the epoch.",
    labels: [],
    of: "both",
  },
  wanLastAgreement: {
    name: "esddns_wan_last_agreement_timestamp_seconds",
    type: "gauge",
    help: "The last observation of a time of agreement, seconds since the epoch.",
    labels: [],
    of: "both",
  },
  wanAgreementAge: {
    name: "esddns_wan_agreement_age_seconds",
    type: "gauge",
    help: "Seconds since the last observation of a time of agreement.",
    labels: [],
    of: "both",
  },
  observationTime: {
    name: "esddns_observation_timestamp_seconds",
    type: "gauge",
    help: "When a node last found out or confirmed what it sees, seconds since the epoch.",
    labels: ["node"],
    of: "both",
  },
  // -------------------------------------------------------------------------------------------- looking for it
  rounds: {
    name: "esddns_rounds_total",
    type: "counter",
    help: "Full rounds of this node.",
    labels: [],
    of: "operator",
  },
  roundSeconds: {
    name: "esddns_round_duration_seconds",
    type: "histogram",
    help: "Length of a full round.",
    labels: [],
    of: "operator",
  },
  votes: {
    name: "esddns_votes_total",
    type: "counter",
    help: "Answers of full rounds, by source and by what became of them.",
    labels: ["source", "organisation", "transport", "family", "outcome"],
    of: "operator",
  },
  probes: {
    name: "esddns_probes_total",
    type: "counter",
    help: "Cheap probes between full rounds.",
    labels: ["outcome"],
    of: "operator",
  },
  probeSeconds: {
    name: "esddns_probe_duration_seconds",
    type: "histogram",
    help: "Time to the answer of a cheap probe; those without an answer are not in it.",
    labels: [],
    of: "operator",
  },
  // ---------------------------------------------------------------------------------------------- DNS records
  recordInSync: {
    name: "esddns_record_in_sync",
    type: "gauge",
    help: "1 while the record stands at Gandi as it should.",
    labels: ["record", "fqdn"],
    of: "both",
  },
  recordVerified: {
    name: "esddns_record_verified",
    type: "gauge",
    help: "1 while the zone's own servers answer with it.",
    labels: ["record", "fqdn"],
    of: "both",
  },
  recordCondition: {
    name: "esddns_record_condition",
    type: "gauge",
    help: "Always 1; status and reason that each condition of a DnsRecord has now.",
    labels: ["record", "fqdn", "type", "status", "reason"],
    of: "both",
  },
  stateInSync: {
    name: "esddns_state_in_sync",
    type: "gauge",
    help: "1 while every record is in sync.",
    labels: [],
    of: "both",
  },
  dnsUpdates: {
    name: "esddns_dns_updates_total",
    type: "counter",
    help: "Rrsets written at Gandi.",
    labels: [],
    of: "operator",
  },
  dnsUpdateFailures: {
    name: "esddns_dns_update_failures_total",
    type: "counter",
    help: "Attempts to keep a record true that failed, by reason of its condition Synced.",
    labels: ["reason"],
    of: "operator",
  },
  lastDnsUpdate: {
    name: "esddns_last_dns_update_timestamp",
    type: "gauge",
    help: "When this pod last wrote an rrset, seconds since the epoch; 0: not since it started.",
    labels: [],
    of: "operator",
  },
  verifications: {
    name: "esddns_verifications_total",
    type: "counter",
    help: "Times that a zone's own servers were asked about a record, by status of the condition Verified.",
    labels: ["status"],
    of: "operator",
  },
  lastVerified: {
    name: "esddns_last_verified_timestamp_seconds",
    type: "gauge",
    help: "When this pod last found every answering server of the zone to have the record, seconds since the epoch.",
    labels: ["record"],
    of: "operator",
  },
  reconcileSeconds: {
    name: "esddns_reconcile_duration_seconds",
    type: "histogram",
    help: "Comparing and correcting one record.",
    labels: ["action"],
    of: "operator",
  },
  // ---------------------------------------------------------------------------------------------------- Gandi
  gandiRequestSeconds: {
    name: "esddns_gandi_request_duration_seconds",
    type: "histogram",
    help: "Requests to LiveDNS; status is that of HTTP, or none where no answer came.",
    labels: ["method", "status", "outcome"],
    of: "operator",
  },
  gandiBudgetLeft: {
    name: "esddns_gandi_rate_budget_left",
    type: "gauge",
    help: "Requests that this pod may send to Gandi at once; 0 also while Gandi asked for a pause.",
    labels: [],
    of: "operator",
  },
  tokenExpiry: {
    name: "esddns_gandi_token_expiry_timestamp_seconds",
    type: "gauge",
    help: "When Gandi's token ends, seconds since the epoch; absent where gandiTokenExpires is not set.",
    labels: [],
    of: "both",
  },
  leader: {
    name: "esddns_leader",
    type: "gauge",
    help: "1 while this pod holds the writer's lease.",
    labels: [],
    of: "operator",
  },
  // ----------------------------------------------------------------------------------------------- Kubernetes
  kubernetesRequests: {
    name: "esddns_kubernetes_requests_total",
    type: "counter",
    help: "Requests of this pod to the Kubernetes API, by verb and resource; a watch counts once, as long as it lasts.",
    labels: ["verb", "resource"],
    of: "operator",
  },
  // -------------------------------------------------------------------------------------------------- MetalLB
  loadBalancerAddresses: {
    name: "esddns_load_balancer_addresses",
    type: "gauge",
    help: "Addresses that MetalLB has given to the page's Service; absent while that cannot be read.",
    labels: [],
    of: "page",
  },
  poolAssigned: {
    name: "esddns_pool_addresses_assigned",
    type: "gauge",
    help: "Addresses of the pool that Services have, for each family that the pool has.",
    labels: ["pool", "family"],
    of: "page",
  },
  poolAvailable: {
    name: "esddns_pool_addresses_available",
    type: "gauge",
    help: "Addresses of the pool that are free, for each family that the pool has.",
    labels: ["pool", "family"],
    of: "page",
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;

export type MetricKey = keyof typeof metricTable;
