import { expect, it } from "vitest";
import { type DnsRecordObject, dnsRecordSpec, type DnsRecordStatus, dnsRecordStatus } from "@esddns/common/api";
import { silentLog, virtualClock } from "../runtime/testing.ts";
import { kept, type RecordContext, type Run, startRun } from "./run.ts";
import { FakeLiveDns } from "./testing.ts";

function run(spec: object, status: DnsRecordStatus): Run {
  const record: DnsRecordObject = {
    apiVersion: "esddns.io/v1alpha1",
    kind: "DnsRecord",
    metadata: { name: "home", namespace: "home" },
    spec: dnsRecordSpec.parse(spec),
    status,
  };
  const context: RecordContext = {
    livedns: new FakeLiveDns().api,
    clock: virtualClock(),
    log: silentLog(),
    random: () => 0.5,
    attempt: 0,
  };
  return startRun(record, context, new AbortController().signal);
}

const rrset = (n: number): { type: "A"; ttl: number; values: string[] } => ({
  type: "A",
  ttl: 300,
  values: [`198.51.100.${n}`],
});

it("a status holds as many former rrsets as it may, those of the last name among them", () => {
  const status: DnsRecordStatus = {
    fqdn: "home.example.com",
    zone: "example.com",
    published: [rrset(99)],
    left: Array.from({ length: 16 }, (_, i) => ({ zone: "example.com", name: `n${i}`, ...rrset(i) })),
  };
  const next = kept(run({ zone: "example.com", name: "www", deletionPolicy: "Delete" }, status));
  expect(dnsRecordStatus.safeParse(next).success).toBe(true);
  expect(next.left?.at(-1)).toEqual({ zone: "example.com", name: "home", ...rrset(99) });
});

it("the same name in another zone is another rrset: nothing is known of what was replaced or corrected there", () => {
  const status: DnsRecordStatus = {
    fqdn: "a.b.example.com",
    zone: "example.com",
    replaced: [rrset(1)],
    corrections: [new Date(virtualClock().now()).toISOString()],
  };
  const same = run({ zone: "Example.com", name: "a.b" }, status);
  expect([same.replaced.size, same.corrections.length]).toEqual([1, 1]);
  const other = run({ zone: "b.example.com", name: "a" }, status);
  expect([other.replaced.size, other.corrections.length]).toEqual([0, 0]);
});
