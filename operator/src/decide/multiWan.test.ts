import { describe, expect, it } from "vitest";
import type { Condition, DetectionSpec, WanAddressStatus, WanObservation } from "@esddns/common/api";
import { wanAddressStatus } from "@esddns/common/api";
import type { Decision } from "./decide.ts";
import { decide } from "./decide.ts";
import { spec, votes } from "./testing.ts";

const NOW = Date.parse("2026-03-01T12:00:00Z");
const A = "!A:1.1.1.1 B:1.1.1.1";
const B = "!A:2.2.2.2 B:2.2.2.2";
const DOUBT = "!A:2.2.2.2 !B:3.3.3.3";

function seen(nodeName: string, text: string, ageSeconds = 60): WanObservation {
  const observedAt = new Date(NOW - ageSeconds * 1000).toISOString();
  return { nodeName, observedAt, validForSeconds: 600, votes: votes(text) };
}

function judge(observations: WanObservation[], settings: DetectionSpec, previous?: WanAddressStatus): Decision {
  const decision = decide({ spec: settings, observations, previous, generation: 1, neededFamilies: [], now: NOW });
  expect(wanAddressStatus.safeParse(decision.status).success).toBe(true);
  return decision;
}

const condition = ({ status }: Decision, type: string): Condition | undefined =>
  status.conditions?.find((one) => one.type === type);

describe("multiWan All", () => {
  const all = spec({ multiWan: "All" });
  const both = judge([seen("n1", A), seen("n2", B), seen("n3", A)], all);

  it("gives out all addresses, says which node has which, and does not call it a fault", () => {
    expect(both.status).toMatchObject({ ipv4: "1.1.1.1", ipv4Addresses: ["1.1.1.1", "2.2.2.2"], decisionId: 1 });
    expect(both.changes).toMatchObject([{ to: "1.1.1.1, 2.2.2.2", organisations: ["A", "B"] }]);
    expect(condition(both, "Agreed")?.status).toBe("True");
    expect(condition(both, "MultipleEgress")).toMatchObject({ status: "True", reason: "AllPublished" });
    expect(condition(both, "MultipleEgress")?.message).toContain("IPv4: 1.1.1.1 (n1, n3), 2.2.2.2 (n2).");
    expect(judge([seen("n1", A), seen("n2", B), seen("n3", A)], all, both.status).status).toEqual(both.status);
  });

  it("does the same for IPv6 prefixes", () => {
    const { status } = judge([seen("n1", "!A:2606::1 B:2606::1"), seen("n2", "!A:2a00::1 B:2a00::1")], all);
    expect(status).toMatchObject({ ipv6Prefix: "2606::/64", ipv6Prefixes: ["2606::/64", "2a00::/64"] });
    expect(status.ipv6).toBeUndefined();
  });

  it("has no list where there is one address alone", () => {
    expect(judge([seen("n1", A), seen("n2", A)], all).status).not.toHaveProperty("ipv4Addresses");
  });

  it("keeps an address while its node is in doubt, and drops it when the node hears nothing or is gone", () => {
    expect(judge([seen("n1", A), seen("n2", DOUBT)], all, both.status).status.ipv4Addresses).toHaveLength(2);
    for (const others of [[seen("n2", "")], [], [seen("n2", B, 600)]]) {
      const { status } = judge([seen("n1", A), ...others], all, both.status);
      expect(status).toMatchObject({ ipv4: "1.1.1.1", decisionId: 2 });
      expect(status.ipv4Addresses).toBeUndefined();
    }
    expect(judge([seen("n1", ""), seen("n2", "")], all, both.status).status.ipv4Addresses).toHaveLength(2);
  });

  it("does not publish the old address beside the new one while nodes follow a change", () => {
    const one = judge([seen("n1", A), seen("n2", A)], all);
    const fresh = judge([seen("n1", B, 1), seen("n2", A)], all, one.status);
    expect(fresh.status).toEqual(one.status);
    expect(fresh.recheckAfterMs).toBe(14_000);
  });

  it("goes by how long a node has believed its address, not by when it last said so", () => {
    const since = new Date(NOW - 60_000).toISOString();
    const told = (node: string, text: string, value: string): WanObservation => ({
      ...seen(node, text, 1),
      beliefs: [{ family: "IPv4", value, since, rounds: 2 }],
    });
    const { status } = judge([told("n1", A, "1.1.1.1"), told("n2", B, "2.2.2.2")], all);
    expect(status.ipv4Addresses).toEqual(["1.1.1.1", "2.2.2.2"]);
  });

  it("when it is no longer wanted the first address alone stays", () => {
    const { status } = judge([seen("n1", A), seen("n2", B)], spec(), both.status);
    expect(status).toMatchObject({ ipv4: "1.1.1.1", decisionId: 2 });
    expect(status.ipv4Addresses).toBeUndefined();
  });
});

describe("multiWan PreferNodes", () => {
  const preferred = spec({ multiWan: "PreferNodes", preferNodes: ["n2", "n3"] });
  const ipv4 = (observations: WanObservation[], previous?: WanAddressStatus): string | undefined =>
    judge(observations, preferred, previous).status.ipv4;

  it("takes the address of the first of them that hears anything", () => {
    expect(ipv4([seen("n1", A), seen("n2", B), seen("n3", A)])).toBe("2.2.2.2");
    expect(ipv4([seen("n1", A), seen("n2", ""), seen("n3", B)])).toBe("2.2.2.2");
    expect(ipv4([seen("n1", A), seen("n3", B)])).toBe("2.2.2.2");
  });

  it("says so, and does not call it a fault", () => {
    const decision = judge([seen("n1", A), seen("n2", B)], preferred);
    expect(condition(decision, "Agreed")?.status).toBe("True");
    expect(condition(decision, "MultipleEgress")).toMatchObject({ status: "True", reason: "NodePreferred" });
  });

  it("keeps the address while the one that decides is in doubt", () => {
    const before = judge([seen("n1", A), seen("n2", B)], preferred);
    const doubt = judge([seen("n1", A), seen("n2", DOUBT)], preferred, before.status);
    expect(doubt.status.ipv4).toBe("2.2.2.2");
    expect(condition(doubt, "Agreed")).toMatchObject({ status: "False", reason: "Disputed" });
  });

  it("lets the others decide where none of them hears anything, if they agree", () => {
    expect(ipv4([seen("n1", A), seen("n2", "")])).toBe("1.1.1.1");
    expect(ipv4([seen("n1", A), seen("n4", B)])).toBeUndefined();
  });
});
