import { describe, expect, it } from "vitest";
import type { Condition, DetectionSpec, Vote, WanAddressStatus, WanObservation } from "@esddns/common/api";
import { decide } from "./decide.ts";
import { spec, vote, votes } from "./testing.ts";

const NOW = Date.parse("2026-03-01T12:00:00Z");
const SEEN = "!A:9.9.9.9 B:9.9.9.9";
const asked = spec({ families: ["IPv4"], router: "192.168.1.1" });

/** The vote of a router without an address, or one that does not give it. */
const without: Vote = { ...router(), outcome: "Refused", detail: "NAT-PMP result 3: the router has no public address" };

/** The vote of a router. Without an address: it does not give one. */
function router(address?: string, outcome: Vote["outcome"] = "Ok"): Vote {
  const said = address === undefined ? { detail: "no answer" } : { address };
  return {
    ...vote("router:", address === undefined ? "Timeout" : outcome),
    source: "nat-pmp:192.168.1.1",
    transport: "nat-pmp",
    ...said,
  };
}

function status(ballots: readonly Vote[], settings: DetectionSpec = asked, previous?: WanAddressStatus) {
  const observation: WanObservation = {
    nodeName: "n1",
    observedAt: new Date(NOW).toISOString(),
    validForSeconds: 150,
    votes: [...ballots],
  };
  const input = { spec: settings, previous, generation: 1, neededFamilies: [], now: NOW };
  return decide({ ...input, observations: [observation] }).status;
}

function behind(...args: Parameters<typeof status>): Condition {
  const found = status(...args).conditions?.find(({ type }) => type === "BehindNAT");
  return found ?? expect.unreachable();
}

describe("BehindNAT", () => {
  it.each([
    ["the same address", router("9.9.9.9"), "False", "RouterHasTheAddress"],
    ["an address of RFC 6598", router("100.72.3.4", "Implausible"), "True", "CarrierGradeNAT"],
    ["a private address", router("192.168.178.2", "Implausible"), "True", "DoubleNAT"],
    ["another public address", router("8.8.8.8"), "True", "AddressesDiffer"],
    ["nothing", router(), "Unknown", "RouterSilent"],
  ])("where the router says %s", (_name, word, wanted, reason) => {
    expect(behind([...votes(SEEN), word])).toMatchObject({ status: wanted, reason });
  });

  it("is never False without the router's report", () => {
    expect(behind(votes(SEEN), spec())).toMatchObject({ status: "Unknown", reason: "RouterNotAsked" });
    expect(behind(votes(SEEN))).toMatchObject({ status: "Unknown", reason: "NothingToCompare" });
    const left = spec({ families: ["IPv4"], router: "192.168.1.1", sources: ["stun", "https"] });
    expect(behind([...votes(SEEN), router("9.9.9.9")], left)).toMatchObject({ reason: "RouterNotAsked" });
  });

  it("says which address the router has, and which one the internet sees", () => {
    const { message } = behind([...votes(SEEN), router("100.72.3.4", "Implausible")]);
    expect(message).toMatch(/nat-pmp:192\.168\.1\.1.*100\.72\.3\.4.*sees 9\.9\.9\.9/s);
  });

  it("is no finding while others hold up a change that the router has seen already", () => {
    const before = status([...votes(SEEN), router("9.9.9.9")]);
    const disputed = [...votes("!A:9.9.9.77 B:9.9.9.9 C:9.9.9.9 !D:9.9.9.77"), router("9.9.9.77")];
    expect(behind(disputed, asked, before)).toMatchObject({ status: "False", reason: "RouterHasTheAddress" });
    expect(behind(disputed)).toMatchObject({ status: "Unknown" });
  });

  it("says so where the router answers that it has none, while the internet sees one", () => {
    const found = behind([...votes(SEEN), without]);
    expect(found).toMatchObject({ status: "Unknown", reason: "RouterHasNoAddress" });
    expect(found.message).toMatch(/nat-pmp:192\.168\.1\.1.*sees 9\.9\.9\.9/s);
    expect(behind([without])).toMatchObject({ status: "Unknown", reason: "RouterSilent" });
    const off: Vote = { ...without, detail: "NAT-PMP result 2: not authorised" };
    expect(behind([...votes(SEEN), off])).toMatchObject({ status: "Unknown", reason: "RouterSilent" });
    const pcp: Vote = { ...router("9.9.9.9"), source: "pcp:192.168.1.1", transport: "pcp" };
    expect(behind([...votes(SEEN), without, pcp])).toMatchObject({ status: "False" });
  });

  it("calls no address private that the spec allows, but knows a provider's network", () => {
    const lab = { ...asked, allowNonGlobal: ["198.51.100.0/24", "100.64.0.0/10"] };
    expect(behind([...votes(SEEN), router("198.51.100.20")], lab)).toMatchObject({ reason: "AddressesDiffer" });
    expect(behind([...votes(SEEN), router("100.64.0.2")], lab)).toMatchObject({ reason: "CarrierGradeNAT" });
  });

  it("compares allowed private addresses as any others", () => {
    const lab = { ...asked, allowNonGlobal: ["100.64.0.0/10"] };
    expect(behind([...votes("!A:100.64.0.1 B:100.64.0.1"), router("100.64.0.1")], lab).status).toBe("False");
    expect(behind([router("100.64.0.2")], lab).status).toBe("Unknown");
  });

  it("does not let the router's report make an address, nor unmake one", () => {
    expect(status([...votes("!A:9.9.9.9"), router("8.8.8.8"), router("8.8.8.8")]).ipv4).toBeUndefined();
    expect(status([...votes(SEEN), router("8.8.8.8")]).ipv4).toBe("9.9.9.9");
  });
});
