import { describe, expect, it } from "vitest";
import { metricTable } from "@esddns/common/api";
import { LIST_ORGANISATION } from "@esddns/common/api";
import { vote, votes } from "../decide/testing.ts";
import { createMetrics } from "./metrics.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { record, snapshot, clusterView } from "../snapshot/testing.ts";

const metricsOf = (state: () => Snapshot, role: "operator" | "status" = "operator", healthy = true) =>
  createMetrics({ role, version: "1.2.3", snapshot: state, healthy: () => healthy, gandiBudgetLeft: () => 28 });

/** The samples whose names begin with esddns_, by name and labels. */
async function samples(text: Promise<string>): Promise<Map<string, number>> {
  const lines = (await text).split("\n").filter((line) => line.startsWith("esddns_"));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]),
  );
}

describe("metrics", () => {
  it("tell what the snapshot says", async () => {
    const found = await samples(metricsOf(() => snapshot()).text());
    expect(Object.fromEntries(found)).toMatchObject({
      'esddns_wan_address_info{family="IPv4",address="198.51.100.20"}': 1,
      'esddns_current_wan_ip_info{ip="198.51.100.20"}': 1,
      'esddns_wan_condition{type="Agreed",status="True",reason="QuorumReached"}': 1,
      esddns_wan_disagreement: 0,
      esddns_wan_last_change_timestamp_seconds: Date.parse("2026-03-01T11:00:00Z") / 1000,
      esddns_wan_last_agreement_timestamp_seconds: Date.parse("2026-03-01T11:59:00Z") / 1000,
      esddns_wan_agreement_age_seconds: 60,
      'esddns_observation_timestamp_seconds{node="node2"}': Date.parse("2026-03-01T11:59:00Z") / 1000,
      'esddns_record_condition{record="home",fqdn="home.example.com",type="Synced",status="True",reason="Synced"}': 1,
      'esddns_record_in_sync{record="home",fqdn="home.example.com"}': 1,
      esddns_state_in_sync: 1,
      esddns_service_health: 1,
      'esddns_watch_age_seconds{kind="WanAddress"}': 4,
    });
    expect([...found.keys()].filter((key) => key.startsWith("esddns_build_info"))).toHaveLength(1);
  });

  it("forget a label that no longer holds", async () => {
    let state = snapshot();
    const metrics = metricsOf(() => state);
    await metrics.text();
    state = snapshot({ wan: undefined, records: [record("other", "False")] });
    const found = [...(await samples(metrics.text())).keys()];
    expect(found.filter((key) => key.startsWith("esddns_wan_address_info"))).toEqual([]);
    expect(found.filter((key) => key.startsWith("esddns_record_in_sync"))).toEqual([
      'esddns_record_in_sync{record="other",fqdn="other.example.com"}',
    ]);
  });

  it("keep the time of the last agreement while there is none", async () => {
    let state = snapshot();
    const metrics = metricsOf(() => state);
    await metrics.text();
    const { wan } = state;
    if (wan?.status?.conditions === undefined) expect.unreachable();
    const conditions = wan.status.conditions.map((each) => ({ ...each, status: "False" as const, reason: "Disputed" }));
    state = snapshot({ wan: { ...wan, status: { ...wan.status, conditions } }, observations: [] });
    const found = await samples(metrics.text());
    expect(found.get("esddns_wan_last_agreement_timestamp_seconds")).toBe(Date.parse("2026-03-01T11:59:00Z") / 1000);
    expect(found.get("esddns_wan_disagreement")).toBe(1);
    expect([...found.keys()].filter((key) => key.includes('type="Agreed",status="True"'))).toEqual([]);
  });

  it("count rounds, votes, updates and failures of an operator", async () => {
    const metrics = metricsOf(() => snapshot(), "operator", false);
    metrics.round([...votes("Google:192.0.2.1"), vote("Nextcloud:", "Timeout")], 1_500);
    metrics.probe(vote("Google:", "Timeout"));
    metrics.probe({ ...vote("Google:192.0.2.1"), rttMs: 20 });
    metrics.dnsUpdate(Date.parse("2026-03-01T12:00:00Z"));
    metrics.dnsFailure("TokenRefused");
    metrics.gandiRequest("PUT", "Ok", 201, 250);
    metrics.gandiRequest("GET", "Timeout", undefined, 7_000);
    metrics.reconciled("put", 800);
    metrics.leader(true);
    const found = Object.fromEntries(await samples(metrics.text()));
    const source = 'source="stun:google:3478?transport=udp",organisation="Google",transport="udp",family="IPv4"';
    expect(found).toMatchObject({
      esddns_rounds_total: 1,
      esddns_round_duration_seconds_sum: 1.5,
      [`esddns_votes_total{${source},outcome="Ok"}`]: 1,
      'esddns_probes_total{outcome="Timeout"}': 1,
      esddns_dns_updates_total: 1,
      esddns_last_dns_update_timestamp: Date.parse("2026-03-01T12:00:00Z") / 1000,
      'esddns_dns_update_failures_total{reason="TokenRefused"}': 1,
      'esddns_dns_update_failures_total{reason="GandiUnavailable"}': 0,
      esddns_probe_duration_seconds_sum: 0.02,
      'esddns_gandi_request_duration_seconds_count{method="PUT",outcome="Ok",status="201"}': 1,
      'esddns_gandi_request_duration_seconds_sum{method="GET",outcome="Timeout",status="none"}': 7,
      esddns_gandi_rate_budget_left: 28,
      'esddns_reconcile_duration_seconds_sum{action="put"}': 0.8,
      esddns_leader: 1,
      esddns_service_health: 0,
    });
  });

  it("count the servers of downloaded lists, which are others every day, as one", async () => {
    const metrics = metricsOf(() => snapshot(), "operator");
    const listed = { ...vote(`${LIST_ORGANISATION}:192.0.2.1`), source: "stun:a.example:3478?transport=udp" };
    metrics.round([listed, { ...listed, source: "stun:b.example:3478?transport=udp" }], 1_000);
    const found = [...(await samples(metrics.text()))].filter(([key]) => key.startsWith("esddns_votes_total"));
    expect(found).toEqual([[expect.stringContaining(`source="${LIST_ORGANISATION}"`), 2]]);
  });

  it("of the page's pod claim nothing about writing", async () => {
    const metrics = metricsOf(() => snapshot(), "status");
    metrics.dnsUpdate(0);
    const found = [...(await samples(metrics.text())).keys()];
    expect(found.filter((key) => /updates|leader|rounds/.test(key))).toEqual([]);
    expect(await metrics.text()).toMatch(/^process_resident_memory_bytes /m);
  });

  it("of the page's pod tell of pools, of the page's address and of the token's end", async () => {
    const state = () => snapshot({ clusterView: clusterView(), gandiTokenExpires: "2026-03-09" });
    const found = Object.fromEntries(await samples(metricsOf(state, "status").text()));
    expect(found).toMatchObject({
      esddns_load_balancer_addresses: 1,
      'esddns_pool_addresses_assigned{pool="esddns-pool",family="IPv4"}': 9,
      'esddns_pool_addresses_available{pool="esddns-pool",family="IPv4"}': 2,
      esddns_gandi_token_expiry_timestamp_seconds: Date.parse("2026-03-09") / 1000,
    });
  });

  it("count since when there is no agreement, in a pod that has started since, too", async () => {
    const { wan } = snapshot();
    if (wan?.status?.conditions === undefined) expect.unreachable();
    const conditions = wan.status.conditions.map((each) => ({ ...each, status: "False" as const }));
    const state = snapshot({ wan: { ...wan, status: { ...wan.status, conditions } } });
    const found = await samples(metricsOf(() => state).text());
    expect(found.get("esddns_wan_agreement_age_seconds")).toBe(3600);
  });

  it.each([
    ["operator", "page"],
    ["status", "operator"],
  ] as const)("of %s are those of the table, each with its help, and no others", async (role, others) => {
    const text = await metricsOf(() => snapshot(), role).text();
    const helped = text
      .split("\n")
      .flatMap((line) => /^# HELP (esddns_\S+) (.+)$/.exec(line)?.slice(1, 3).join(" ") ?? []);
    const expected = Object.values(metricTable).filter((metric) => metric.of !== others);
    expect(helped.sort()).toEqual(expected.map(({ name, help }) => `${name} ${help}`).sort());
  });
});
