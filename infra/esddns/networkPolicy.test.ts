import { describe, expect, it } from "vitest";
import { egressPolicy } from "./networkPolicy.ts";

describe("egressPolicy", () => {
  it("lets others in to the page and, where it is on, to push, and to nothing else", () => {
    const ingress = (push: boolean) => egressPolicy("a", { internet: true, alsoTo: [], push }).ingress;
    const page = { protocol: "TCP", port: 8080 };
    expect(ingress(false)).toEqual([{ ports: [page] }]);
    expect(ingress(true)).toEqual([{ ports: [page, { protocol: "TCP", port: 8081 }] }]);
  });

  const toLan = (router?: string) =>
    (egressPolicy("a", { internet: true, alsoTo: [], router }).egress as { to?: unknown[] }[]).filter(({ to }) =>
      JSON.stringify(to ?? []).includes("/32"),
    );

  it("lets NAT-PMP out to the one router, and nothing else to the LAN", () => {
    expect(toLan("192.168.1.1")).toEqual([
      { to: [{ ipBlock: { cidr: "192.168.1.1/32" } }], ports: [{ protocol: "UDP", port: 5351 }] },
    ]);
    expect(toLan()).toEqual([]);
  });
});
