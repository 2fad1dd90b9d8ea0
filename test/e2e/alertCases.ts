/** For every alert: series with which it must fire, and some with which it must not. Values as promtool writes them. */

interface Case {
  readonly fires: Series;
  /** What comes near, and is no reason. */
  readonly quiet: Series;
  /** More of either, by what they are. */
  readonly more?: Readonly<Record<string, { readonly fires: boolean; readonly series: Series }>>;
}
/** Values by metric and labels; `namespace` is added. */
type Series = Readonly<Record<string, string>>;

const DAY = 86_400;
const synced = (reason: string): string =>
  `esddns_record_condition{record="home",fqdn="home.example.com",type="Synced",status="False",reason="${reason}"}`;
const agreed = (status: string, reason: string): string =>
  `esddns_wan_condition{type="Agreed",status="${status}",reason="${reason}"}`;
/** One value for each minute, from the beginning of the hour to its end. */
const minutes = (value: (minute: number) => number | "stale"): string =>
  Array.from({ length: 61 }, (_, minute) => value(minute)).join(" ");
/** Two series of which there is now the one, now the other, for some minutes each. */
const inTurns = (one: string, other: string, each: number): Series => {
  const turn = (minute: number): number => Math.floor(minute / each) % 2;
  return {
    [one]: minutes((minute) => (turn(minute) === 0 ? 1 : "stale")),
    [other]: minutes((minute) => (turn(minute) === 1 ? 1 : "stale")),
  };
};
const failures = (total: (minute: number) => number): Series => ({
  'esddns_dns_update_failures_total{reason="GandiUnavailable"}': minutes(total),
});
const expiry = (days: number): Series => ({
  // Alerts are looked for after an hour.
  esddns_gandi_token_expiry_timestamp_seconds: `${days * DAY + 3600}x100`,
});
const pool = (name: string, family: string, assigned: number, available: number): Series => ({
  [`esddns_pool_addresses_assigned{pool="${name}",family="${family}"}`]: `${assigned}x100`,
  [`esddns_pool_addresses_available{pool="${name}",family="${family}"}`]: `${available}x100`,
});

export const cases: Readonly<Record<string, Case>> = {
  EsddnsNoAgreement: {
    fires: { [agreed("False", "TooFewOrganisations")]: "1x100" },
    quiet: { [agreed("False", "Disputed")]: "1x100", [agreed("Unknown", "NoObservations")]: "1x10 stale" },
    more: {
      "for a family that is silent": { fires: true, series: { [agreed("False", "NoAnswers")]: "1x100" } },
      "for reasons that take turns": {
        fires: true,
        series: inTurns(agreed("False", "TooFewOrganisations"), agreed("Unknown", "NoObservations"), 8),
      },
      "while they agree every now and then": {
        fires: false,
        series: inTurns(agreed("False", "TooFewOrganisations"), agreed("True", "QuorumReached"), 8),
      },
    },
  },
  EsddnsAddressDisputed: {
    fires: { esddns_wan_disagreement: "1x100" },
    quiet: { esddns_wan_disagreement: "0x56 1x100" },
  },
  EsddnsNoUpdateCheck: {
    fires: { 'esddns_observation_timestamp_seconds{node="a"}': "60x100" },
    quiet: {
      'esddns_observation_timestamp_seconds{node="gone"}': "60x100",
      'esddns_observation_timestamp_seconds{node="a"}': "0+60x100",
    },
  },
  EsddnsBehindNAT: {
    fires: { 'esddns_wan_condition{type="BehindNAT",status="True",reason="CarrierGradeNAT"}': "1x100" },
    quiet: { 'esddns_wan_condition{type="BehindNAT",status="Unknown",reason="RouterNotAsked"}': "1x100" },
  },
  EsddnsDnsUpdatesFailing: {
    fires: failures((minute) => Math.floor(minute / 5)),
    quiet: failures((minute) => (minute < 30 ? 0 : 1)),
    more: {
      "for a glitch of three records, each of them tried twice": {
        fires: false,
        series: failures((minute) => Math.min(6, Math.max(0, 2 * (minute - 29)))),
      },
      "for a glitch in one moment": { fires: false, series: failures((minute) => (minute < 30 ? 0 : 6)) },
      "for failures that became rarer, as waits between attempts do": {
        fires: true,
        series: failures((minute) => (minute < 30 ? 0 : 8 + Math.floor((minute - 30) / 5))),
      },
    },
  },
  EsddnsRecordNotInSync: {
    fires: { [synced("Contested")]: "1x100" },
    quiet: {
      [synced("DryRun")]: "1x100",
      [synced("TokenRefused")]: "1x100",
      [synced("GandiUnavailable")]: "_x50 1x100",
    },
    more: {
      "for reasons that take turns": { fires: true, series: inTurns(synced("Contested"), synced("RateLimited"), 8) },
    },
  },
  EsddnsRecordNotVerified: {
    fires: { 'esddns_record_verified{record="home",fqdn="home.example.com"}': "0x100" },
    quiet: { 'esddns_record_verified{record="home",fqdn="home.example.com"}': "1x40 0x10 1x100" },
  },
  EsddnsTokenExpiresIn30Days: { fires: expiry(29), quiet: expiry(31) },
  EsddnsTokenExpiresIn7Days: { fires: expiry(6.5), quiet: expiry(8) },
  EsddnsTokenExpiresIn1Day: { fires: expiry(-3), quiet: expiry(1.5) },
  EsddnsTokenRefused: {
    fires: { [synced("AccessDenied")]: "1x100" },
    quiet: { [synced("GandiUnavailable")]: "1x100" },
  },
  EsddnsOperatorDown: {
    fires: { 'esddns_build_info{role="status"}': "1x100", 'esddns_build_info{role="operator"}': "1x10 stale" },
    quiet: { 'esddns_build_info{role="operator"}': "1x100" },
  },
  EsddnsOperatorPodsUnavailable: {
    fires: { 'kube_daemonset_status_number_unavailable{daemonset="esddns-operator-daemon"}': "1x100" },
    quiet: {
      'kube_daemonset_status_number_unavailable{daemonset="esddns-operator-daemon"}': "0x100",
      'kube_daemonset_status_number_unavailable{daemonset="other"}': "1x100",
    },
  },
  EsddnsNoLeaseHolder: {
    fires: { 'esddns_leader{pod="a"}': "0x100", 'esddns_leader{pod="b"}': "0x100" },
    quiet: { 'esddns_leader{pod="a"}': "0x100", 'esddns_leader{pod="b"}': "1x100" },
  },
  EsddnsPageDown: {
    fires: { 'esddns_build_info{role="operator"}': "1x100" },
    quiet: { 'esddns_build_info{role="status"}': "1x100" },
  },
  EsddnsLoadBalancerPending: {
    fires: { esddns_load_balancer_addresses: "0x100" },
    quiet: { 'esddns_load_balancer_addresses{pod="a"}': "0x100", 'esddns_load_balancer_addresses{pod="b"}': "1x100" },
  },
  EsddnsPoolNearlyFull: {
    fires: { ...pool("p", "IPv4", 4, 0), ...pool("p", "IPv6", 0, 256) },
    quiet: { ...pool("p", "IPv4", 9, 2), ...pool("p", "IPv6", 1, 2 ** 63), ...pool("three", "IPv4", 3, 0) },
  },
};
