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
    help: "1 while every loop of this pod makes progress.",
    labels: [],
    of: "both",
  },
  watchAge: {
    name: "esddns_watch_age_seconds",
    type: "gauge",
    help: "Seconds since the watch last heard from the API server, by kind.",
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
    help: "Always 1; the one WAN address, IPv4 if there is one.",
    labels: ["ip"],
    of: "both",
  },
  wanCondition: {
    name: "esddns_wan_condition",
    type: "gauge",
    help: "Always 1; the current status and reason of each condition of the WanAddress.",
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
    help: "When the sources were last observed to agree, seconds since the epoch.",
    labels: [],
    of: "both",
  },
  wanAgreementAge: {
    name: "esddns_wan_agreement_age_seconds",
    type: "gauge",
    help: "Seconds since the sources were last observed to agree.",
    labels: [],
    of: "both",
  },
  observationTime: {
    name: "esddns_observation_timestamp_seconds",
    type: "gauge",
    help: "When a node last observed or confirmed its address, seconds since the epoch.",
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
    help: "Answers in full rounds, by source and outcome.",
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
    help: "Time to the answer of a cheap probe. Probes without an answer are not included.",
    labels: [],
    of: "operator",
  },
  // ---------------------------------------------------------------------------------------------- DNS records
  recordInSync: {
    name: "esddns_record_in_sync",
    type: "gauge",
    help: "1 while the record at Gandi is as it should be.",
    labels: ["record", "fqdn"],
    of: "both",
  },
  recordVerified: {
    name: "esddns_record_verified",
    type: "gauge",
    help: "1 while the zone's own servers answer with the record.",
    labels: ["record", "fqdn"],
    of: "both",
  },
  recordCondition: {
    name: "esddns_record_condition",
    type: "gauge",
    help: "Always 1; the current status and reason of each condition of a DnsRecord.",
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
    help: "Failed attempts to synchronise a record, by reason of its condition Synced.",
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
    help: "Verifications of a record at the zone's own servers, by status of the condition Verified.",
    labels: ["status"],
    of: "operator",
  },
  lastVerified: {
    name: "esddns_last_verified_timestamp_seconds",
    type: "gauge",
    help: "When every answering server of the zone last had the record, as seen by this pod, seconds since the epoch.",
    labels: ["record"],
    of: "operator",
  },
  reconcileSeconds: {
    name: "esddns_reconcile_duration_seconds",
    type: "histogram",
    help: "Time to compare and correct one record.",
    labels: ["action"],
    of: "operator",
  },
  // ---------------------------------------------------------------------------------------------------- Gandi
  gandiRequestSeconds: {
    name: "esddns_gandi_request_duration_seconds",
    type: "histogram",
    help: "Requests to LiveDNS; status is the HTTP status, or none without an answer.",
    labels: ["method", "status", "outcome"],
    of: "operator",
  },
  gandiBudgetLeft: {
    name: "esddns_gandi_rate_budget_left",
    type: "gauge",
    help: "Requests that this pod may send to Gandi at once; also 0 during a pause that Gandi asked for.",
    labels: [],
    of: "operator",
  },
  tokenExpiry: {
    name: "esddns_gandi_token_expiry_timestamp_seconds",
    type: "gauge",
    help: "When Gandi's token expires, seconds since the epoch; absent if gandiTokenExpires is not set.",
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
    help: "Requests of this pod to the Kubernetes API, by verb and resource; a watch counts once, however long it lasts.",
    labels: ["verb", "resource"],
    of: "operator",
  },
  // -------------------------------------------------------------------------------------------------- MetalLB
  loadBalancerAddresses: {
    name: "esddns_load_balancer_addresses",
    type: "gauge",
    help: "Addresses that MetalLB has assigned to the page's Service; absent while they cannot be read.",
    labels: [],
    of: "page",
  },
  poolAssigned: {
    name: "esddns_pool_addresses_assigned",
    type: "gauge",
    help: "Addresses of the pool that Services use, for each family of the pool.",
    labels: ["pool", "family"],
    of: "page",
  },
  poolAvailable: {
    name: "esddns_pool_addresses_available",
    type: "gauge",
    help: "Free addresses of the pool, for each family of the pool.",
    labels: ["pool", "family"],
    of: "page",
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;

export type MetricKey = keyof typeof metricTable;
