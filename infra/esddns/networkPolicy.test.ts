import { describe, expect, it } from "vitest";
import { egressPolicy } from "./networkPolicy.ts";

interface Rule {
  readonly to?: unknown[];
  readonly ports?: { protocol: string; port: number }[];
}

const rules = (over: { router?: string | undefined; apiServerPorts?: number[] }): Rule[] =>
  egressPolicy("a", { internet: true, alsoTo: [], apiServerPorts: [], ...over }).egress as Rule[];

describe("egressPolicy", () => {
  it("lets others in to the page and, where it is on, to push, and to nothing else", () => {
    const ingress = (push: boolean) =>
      egressPolicy("a", { internet: true, alsoTo: [], apiServerPorts: [], push }).ingress;
    const page = { protocol: "TCP", port: 8080 };
    expect(ingress(false)).toEqual([{ ports: [page] }]);
    expect(ingress(true)).toEqual([{ ports: [page, { protocol: "TCP", port: 8081 }] }]);
  });

  const toLan = (router?: string) => rules({ router }).filter(({ to }) => JSON.stringify(to ?? []).includes("/32"));

  it("lets NAT-PMP out to the one router, and nothing else to the LAN", () => {
    expect(toLan("192.168.1.1")).toEqual([
      { to: [{ ipBlock: { cidr: "192.168.1.1/32" } }], ports: [{ protocol: "UDP", port: 5351 }] },
    ]);
    expect(toLan()).toEqual([]);
  });

  it.each([
    ["minikube", 8443],
    ["MicroK8s", 16443],
    ["one that the config names", 7443],
  ])("lets out to the API server behind its Service, whose own port counts: %s", (_, port) => {
    const everywhere = rules({ apiServerPorts: [7443] }).filter(({ to }) => to === undefined);
    expect(everywhere.flatMap(({ ports }) => ports)).toContainEqual({ protocol: "TCP", port });
  });
});
