import { describe, expect, it } from "vitest";
import { serviceDomainsIn, servesHost } from "./hosts.ts";

const RECORDS: readonly (readonly [zone: string, name: string])[] = [
  ["example.com", "home"],
  ["example.net", "@"],
  ["example.org", "*"],
  ["example.io", "*.apps"],
  ["Capital.Example", "Home"],
];
const serves = servesHost({
  names: ["esddns.lan", "page"],
  serviceDomains: ["svc.cluster.local"],
  records: () => RECORDS.map(([zone, name]) => ({ spec: { zone, name } as never })),
});

describe("the page is served under", () => {
  it.each([
    ["192.168.1.100"],
    ["192.168.1.100:8080"],
    ["[fd00:1::100]"],
    ["[fd00:1::100]:8080"],
    ["[::ffff:10.0.0.1]:80"],
    ["localhost"],
    ["localhost:8080"],
    ["LOCALHOST:8080"],
    ["esddns-service.esddns-production.svc"],
    ["esddns-service.esddns-production.svc.cluster.local:80"],
    ["esddns.lan"],
    ["ESDDNS.lan.:80"],
    ["page"],
    ["home.example.com"],
    ["home.example.com.:8080"],
    ["example.net"],
    ["a.example.org"],
    ["a.b.example.org"],
    ["x.apps.example.io"],
    ["home.capital.example"],
  ])("%s", (host) => {
    expect(serves(host, "/")).toBe(true);
  });

  it.each([
    ["evil.example"],
    ["evil.example:8080"],
    ["192.168.1.100.evil.example"],
    ["999.168.1.100"],
    ["localhost.evil.example"],
    ["evil.localhost.example"],
    ["svc"],
    ["evil.svc.evil.example"],
    ["evilsvc.cluster.local"],
    ["other"],
    ["www.esddns.lan"],
    ["www.home.example.com"],
    ["www.example.com"],
    ["example.com"],
    ["www.example.net"],
    ["example.org"],
    ["evilexample.org"],
    ["apps.example.io"],
    ["[evil]"],
  ])("no name like %s", (host) => {
    expect(serves(host, "/")).toBe(false);
    expect(serves(host, "/raw")).toBe(false);
    expect(serves(host, "/metrics")).toBe(false);
  });

  it("any name where only its health is asked for", () => {
    expect(["/healthz", "/readyz"].map((path) => serves("api.cluster.example:6443", path))).toEqual([true, true]);
  });
});

it("the kubelet's search list says what the names of Services end in", () => {
  const file =
    "nameserver 10.96.0.10\nsearch home.svc.corp.local svc.corp.local corp.local example.com\noptions ndots:5\n";
  expect(serviceDomainsIn(file)).toEqual(["svc.cluster.local", "svc.corp.local"]);
  expect(serviceDomainsIn("nameserver 192.168.1.1\n")).toEqual(["svc.cluster.local"]);
  expect(serviceDomainsIn("search home.SVC.Cluster.Local. SVC.Cluster.Local. Cluster.Local.\n")).toEqual([
    "svc.cluster.local",
  ]);
  expect(serviceDomainsIn("# search svc.evil.example\nsearch example.com\n")).toEqual(["svc.cluster.local"]);
});
