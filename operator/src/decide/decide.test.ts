import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Condition, Family, WanAddressStatus, WanConditionType, WanObservation } from "@esddns/common/api";
import { wanAddressStatus } from "@esddns/common/api";
import type { Decision, DecisionInput } from "./decide.ts";
import { decide } from "./decide.ts";
import { spec, votes } from "./testing.ts";

const NOW = Date.parse("2026-03-01T12:00:00Z");

/** An observation of a node, `ageSeconds` old, valid for ten minutes. */
function seen(nodeName: string, text: string, ageSeconds = 60): WanObservation {
  const observedAt = new Date(NOW - ageSeconds * 1000).toISOString();
  return { nodeName, observedAt, validForSeconds: 600, votes: votes(text) };
}

function judge(observations: WanObservation[], overrides: Partial<DecisionInput> = {}): Decision {
  return decide({
    spec: spec(),
    observations,
    previous: undefined,
    generation: 3,
    neededFamilies: [],
    now: NOW,
    ...overrides,
  });
}

function condition({ status }: { status: WanAddressStatus }, type: WanConditionType): Condition {
  const found = status.conditions?.find((c) => c.type === type);
  if (found === undefined) throw new Error(`no condition ${type}`);
  return found;
}

const V4 = "!A:1.1.1.1 B:1.1.1.1";
const V4_NEW = "!A:1.1.1.2 B:1.1.1.2";
const V6 = "!A:2606::1 B:2606::1";
const good = judge([seen("n1", `${V4} ${V6}`), seen("n2", V6)]).status;

describe("the first decision", () => {
  it("takes what a quorum says", () => {
    const { status, changes } = judge([seen("n1", `${V4} ${V6}`), seen("n2", `${V4} !A:2606::2 B:2606::2`)]);
    expect(status).toMatchObject({ ipv4: "1.1.1.1", ipv6Prefix: "2606::/64", decisionId: 1, observedGeneration: 3 });
    expect(status.ipv6).toBeUndefined();
    expect(status.lastChangeTime).toBe("2026-03-01T12:00:00.000Z");
    expect(changes).toEqual([
      { decisionId: 1, time: status.lastChangeTime, family: "IPv4", to: "1.1.1.1", organisations: ["A", "B"] },
      { decisionId: 1, time: status.lastChangeTime, family: "IPv6", to: "2606::/64", organisations: ["A", "B"] },
    ]);
    expect(status.history).toEqual(changes);
    expect(wanAddressStatus.safeParse(status).success).toBe(true);
  });

  it("gives the full IPv6 address where all nodes have one and the same", () => {
    expect(judge([seen("n1", V6), seen("n2", V6)]).status.ipv6).toBe("2606::1");
    expect(judge([seen("n1", V6), seen("n2", "!A:2606::1 B:2606::2 C:2606::3 D:2606::3")]).status.ipv6).toBeUndefined();
  });

  it("does not take the first node's IPv6 address for everybody's while others may still be looking", () => {
    const first = judge([seen("n1", V6)]);
    expect(first.status).toMatchObject({ ipv6Prefix: "2606::/64" });
    expect(first.status.ipv6).toBeUndefined();
    expect(first.recheckAfterMs).toBe(60_000);
    const early = judge([seen("n1", V6)], { previous: first.status, now: NOW + 59_999 });
    expect(early.status).toEqual(first.status);
    const alone = judge([seen("n1", V6)], { previous: first.status, now: NOW + 60_000 });
    expect(alone.status).toMatchObject({ ipv6: "2606::1", decisionId: 2 });
    expect(alone.status.lastChangeTime).toBe(first.status.lastChangeTime);
  });

  it.each([
    ["nothing at all", []],
    ["silence", [seen("n1", "")]],
    ["one organisation", [seen("n1", "!A:1.1.1.1")]],
    ["nobody authenticated", [seen("n1", "A:1.1.1.1 B:1.1.1.1")]],
    ["a dispute", [seen("n1", `${V4} !C:2.2.2.2 D:2.2.2.2`)]],
    ["nodes that differ", [seen("n1", V4), seen("n2", V4_NEW)]],
    ["private addresses", [seen("n1", "!A:192.168.1.1 B:192.168.1.1 !C:100.64.0.1 D:100.64.0.1")]],
    ["an expired observation", [seen("n1", V4, 600)]],
    ["an observation of the far future", [seen("n1", V4, -61)]],
    ["nonsense for an address", [seen("n1", "!A:1.1.1 B:1.1.1")]],
  ])("takes nothing from %s", (_name, observations) => {
    const { status, changes } = judge(observations);
    expect(status).toMatchObject({ decisionId: 0, history: [] });
    expect(status.ipv4 ?? status.ipv6Prefix).toBeUndefined();
    expect(changes).toEqual([]);
    expect(condition({ status }, "Ready").status).toBe("False");
  });

  it("believes an observation until it expires, and one of a clock that is a little ahead", () => {
    expect(judge([seen("n1", V4, 599)]).status.ipv4).toBe("1.1.1.1");
    expect(judge([seen("n1", V4, -60)]).status.ipv4).toBe("1.1.1.1");
  });

  it("names the nodes whose clocks are too far ahead, with what is known and without", () => {
    const ahead = "What n2, n3 sees does not count: clocks differ by more than a minute, check their synchronisation.";
    const others = [seen("n3", V4, -61), seen("n2", V4_NEW, -3600)];
    const decision = judge([seen("n1", V4), ...others]);
    expect(decision.status.ipv4).toBe("1.1.1.1");
    expect(condition(decision, "Agreed")).toMatchObject({ status: "True", reason: "QuorumReached" });
    expect(condition(decision, "Agreed").message).toMatch(new RegExp(` ${ahead}$`));
    expect(condition(judge(others), "Agreed").message).toContain(ahead);
    expect(condition(judge([seen("n1", V4, -60)]), "Agreed").message).not.toContain("clocks");
  });

  it("judges votes again: what the spec excludes now counts no more", () => {
    const excluded = spec({ excluded: ["1.1.1.0/24"] });
    expect(judge([seen("n1", V4)], { spec: excluded }).status.ipv4).toBeUndefined();
  });
});

describe("a change", () => {
  it("needs the same quorum, and counts up once", () => {
    const { status, changes } = judge([seen("n1", `${V4_NEW} !A:2606:1::1 B:2606:1::1`)], { previous: good });
    expect(status).toMatchObject({ ipv4: "1.1.1.2", ipv6Prefix: "2606:1::/64", decisionId: 2 });
    expect(changes.map(({ from, to }) => [from, to])).toEqual([
      ["1.1.1.1", "1.1.1.2"],
      ["2606::/64", "2606:1::/64"],
    ]);
    expect(status.history).toEqual([...changes, ...(good.history ?? [])]);
  });

  it("of one family leaves the other alone", () => {
    const { status, changes } = judge([seen("n1", V4_NEW)], { previous: good });
    expect(status).toMatchObject({ ipv4: "1.1.1.2", ipv6Prefix: "2606::/64", ipv6: "2606::1" });
    expect(changes).toHaveLength(1);
  });

  it("keeps twenty of them", () => {
    let status: WanAddressStatus | undefined;
    for (let i = 0; i < 30; i++) {
      const text = `!A:1.1.1.${i} B:1.1.1.${i}`;
      status = judge([seen("n1", text)], { previous: status, now: NOW + i }).status;
    }
    expect(status?.history?.map(({ to }) => to)).toEqual(Array.from({ length: 20 }, (_, i) => `1.1.1.${29 - i}`));
    expect(status?.decisionId).toBe(30);
  });

  it("of the full IPv6 address alone counts, too", () => {
    const other = [seen("n1", V4), seen("n2", "!A:2606::9 B:2606::9")];
    const { status, changes } = judge(other, { previous: good, now: NOW + 60_000 });
    expect(status).toMatchObject({ ipv6Prefix: "2606::/64", ipv6: "2606::9", decisionId: 2 });
    expect(changes).toEqual([]);
  });

  it("is made on the observation of one node while the other has no verdict", () => {
    const doubtful = seen("n2", "!A:1.1.1.1 !B:1.1.1.2");
    expect(judge([seen("n1", V4_NEW), doubtful], { previous: good }).status.ipv4).toBe("1.1.1.2");
  });

  it("to a family that is no longer looked for: its value goes", () => {
    const only = spec({ families: ["IPv4"] });
    const { status, changes } = judge([seen("n1", `${V4} ${V6}`)], { previous: good, spec: only });
    expect(status).toMatchObject({ ipv4: "1.1.1.1", decisionId: 2 });
    expect(status.ipv6Prefix ?? status.ipv6).toBeUndefined();
    expect(changes).toEqual([]);
  });
});

describe("conditions", () => {
  const reasons = (decision: Decision): Record<string, string> =>
    Object.fromEntries(
      (decision.status.conditions ?? []).map(({ type, status, reason }) => [type, `${status} ${reason}`]),
    );

  it("all is well", () => {
    expect(reasons(judge([seen("n1", `${V4} ${V6}`)]))).toEqual({
      Ready: "True AddressKnown",
      Agreed: "True QuorumReached",
      BehindNAT: "Unknown RouterNotAsked",
      MultipleEgress: "False OneEgress",
      FamilyUnavailable: "False AllAnswer",
    });
  });

  it.each<[string, WanObservation[], Record<string, string>]>([
    ["nobody observes", [], { Ready: "True AddressKnown", Agreed: "Unknown NoObservations" }],
    ["silence", [seen("n1", "")], { Agreed: "False NoAnswers", FamilyUnavailable: "True NoAnswers" }],
    ["IPv4 lost", [seen("n1", V6)], { Agreed: "False NoAnswers", FamilyUnavailable: "True NoAnswers" }],
    ["IPv6 lost", [seen("n1", V4)], { Agreed: "False NoAnswers", FamilyUnavailable: "True NoAnswers" }],
    ["IPv4 lost and a dispute", [seen("n1", "!A:2606::1 !B:2607::1")], { Agreed: "False Disputed" }],
    ["a dispute", [seen("n1", "!A:1.1.1.1 !B:1.1.1.2")], { Ready: "True AddressKnown", Agreed: "False Disputed" }],
    ["no TLS", [seen("n1", "A:1.1.1.2 B:1.1.1.2")], { Agreed: "False Unauthenticated" }],
    ["too few", [seen("n1", "!A:1.1.1.1")], { Agreed: "False TooFewOrganisations" }],
    [
      "two egresses",
      [seen("n1", V4), seen("n2", V4_NEW)],
      { Agreed: "False NodesDiffer", MultipleEgress: "True NodesDiffer" },
    ],
  ])("%s", (_name, observations, expected) => {
    expect(reasons(judge(observations, { previous: good }))).toMatchObject(expected);
  });

  it.each<[Family[], string, string]>([
    [[], V4, "True AddressKnown"],
    [["IPv4"], V4, "True AddressKnown"],
    [["IPv4", "IPv6"], V4, "False AddressUnknown"],
    [["IPv6"], V6, "True AddressKnown"],
  ])("records need %j and there is %s: Ready %s", (neededFamilies, text, expected) => {
    expect(reasons(judge([seen("n1", text)], { neededFamilies }))["Ready"]).toBe(expected);
  });

  it("a family that records need and nobody looks for", () => {
    const decision = judge([seen("n1", V4)], { neededFamilies: ["IPv6"], spec: spec({ families: ["IPv4"] }) });
    expect(reasons(decision)["Ready"]).toBe("False FamilyNotLookedFor");
  });

  it.each<[string, Family[], string, string]>([
    ["IPv6, which no record needs", ["IPv4"], V4, "True QuorumReached"],
    ["IPv6, which a record needs", ["IPv4", "IPv6"], V4, "False NoAnswers"],
    ["both, of which none is needed", [], "", "Unknown NoAnswers"],
    ["both", ["IPv4"], "", "False NoAnswers"],
  ])("a family that was never known has no answers: %s", (_name, neededFamilies, text, expected) => {
    expect(reasons(judge([seen("n1", text)], { neededFamilies }))["Agreed"]).toBe(expected);
  });

  it("speaks of slow facts, in sentences", () => {
    const differing = judge([seen("n1", V4), seen("n2", V4_NEW), seen("n3", V4)], { previous: good });
    expect(condition(differing, "MultipleEgress").message).toBe(
      "Nodes leave by different addresses, and the last known value is kept. IPv4: 1.1.1.1 (n1, n3), 1.1.1.2 (n2).",
    );
    expect(condition(judge([seen("n1", V4)]), "Ready").message).toBe("The WAN address is known: IPv4 1.1.1.1.");
    expect(condition(judge([seen("n1", V4)], { previous: good }), "FamilyUnavailable").message).toBe(
      "No source answers over IPv6. The last known value is kept: IPv6 prefix 2606::/64.",
    );
    expect(condition(judge([seen("n1", V6)], { previous: good }), "Agreed").message).toBe(
      "No source answers over IPv4. The last known value is kept.",
    );
  });

  it("keeps the time of a status that stays, and moves that of one that changes", () => {
    const later = NOW + 5000;
    const decision = judge([seen("n1", "!A:1.1.1.1 !B:1.1.1.2")], { previous: good, now: later, generation: 4 });
    expect(condition(decision, "Ready").lastTransitionTime).toBe("2026-03-01T12:00:00.000Z");
    expect(condition(decision, "Agreed").lastTransitionTime).toBe("2026-03-01T12:00:05.000Z");
    expect(decision.status.conditions?.every(({ observedGeneration }) => observedGeneration === 4)).toBe(true);
  });

  it("gives nodes a moment to follow a change before it calls them differing", () => {
    const fresh = [seen("n1", `${V4_NEW} ${V6}`, 1), seen("n2", `${V4} ${V6}`, 100)];
    const settling = judge(fresh, { previous: good });
    expect(settling.status).toEqual(good);
    expect(settling.recheckAfterMs).toBe(14_000);
    const settled = judge(fresh, { previous: good, now: NOW + 14_000 });
    expect(condition(settled, "MultipleEgress").status).toBe("True");
    const again = [seen("n1", V4_NEW, -14), seen("n2", V4, -14)];
    const still = judge(again, { previous: settled.status, now: NOW + 15_000 });
    expect(condition(still, "MultipleEgress").status).toBe("True");
  });

  it("goes by a node's present clock where it has believed a thing since a time that is yet to come", () => {
    const since = new Date(NOW + 86_400_000).toISOString();
    const beliefs = [{ family: "IPv4" as const, value: "1.1.1.2", since, rounds: 3 }];
    const differing = judge([{ ...seen("n1", V4_NEW), beliefs }, seen("n2", V4)], { previous: good });
    expect(condition(differing, "MultipleEgress").status).toBe("True");
  });

  it("says when an observation expires", () => {
    expect(judge([seen("n1", V4, 100), seen("n2", V4, 200)]).recheckAfterMs).toBe(400_000);
    expect(judge([]).recheckAfterMs).toBeUndefined();
  });
});

describe("properties", () => {
  const address = fc.constantFrom("1.1.1.1", "1.1.1.2", "10.0.0.1", "2606::1", "2606::2", "2606:0:0:1::1", "fe80::1");
  const ballot = fc
    .tuple(fc.boolean(), fc.constantFrom("A", "B", "C", "D"), address)
    .map(([tls, organisation, value]) => `${tls ? "!" : ""}${organisation}:${value}`);
  const observation = fc
    .tuple(fc.constantFrom("n1", "n2", "n3"), fc.array(ballot, { maxLength: 8 }), fc.integer({ min: -100, max: 700 }))
    .map(([node, ballots, age]) => seen(node, ballots.join(" "), age));
  const observations = fc.uniqueArray(observation, { selector: ({ nodeName }) => nodeName, maxLength: 3 });
  const history = fc.array(observations, { minLength: 1, maxLength: 8 });

  it("whatever is observed: no value is ever lost, and only a quorum of a node brings a new one", () => {
    fc.assert(
      fc.property(history, (rounds) => {
        let before: WanAddressStatus = {};
        for (const round of rounds) {
          const { status, changes } = judge(round, { previous: before });
          expect(status.ipv4 === undefined && before.ipv4 !== undefined).toBe(false);
          expect(status.ipv6Prefix === undefined && before.ipv6Prefix !== undefined).toBe(false);
          const moved = status.ipv4 !== before.ipv4 || status.ipv6Prefix !== before.ipv6Prefix;
          expect(changes.length > 0).toBe(moved);
          const same = !moved && status.ipv6 === before.ipv6;
          expect((status.decisionId ?? 0) - (before.decisionId ?? 0)).toBe(same ? 0 : 1);
          for (const change of changes) {
            expect(["1.1.1.1", "1.1.1.2", "2606::/64", "2606:0:0:1::/64"]).toContain(change.to);
            expect(change.organisations.length).toBeGreaterThanOrEqual(2);
          }
          expect(wanAddressStatus.safeParse(status).success).toBe(true);
          before = status;
        }
      }),
    );
  });

  it("given back its own status it changes nothing, in whatever order the observations come", () => {
    fc.assert(
      fc.property(history, (rounds) => {
        let before: WanAddressStatus | undefined;
        for (const round of rounds) before = judge(round, { previous: before }).status;
        const last = rounds.at(-1) ?? [];
        expect(judge([...last].reverse(), { previous: before }).status).toEqual(before);
      }),
    );
  });
});

describe("a line that swings to and fro", () => {
  const A = "!A:1.1.1.1 B:1.1.1.1";
  const B = "!A:1.1.1.2 B:1.1.1.2";

  /** Decides every `stepMs` with the observations of that time. Returns the successive values. */
  function swing(texts: readonly string[], stepMs: number): { values: string[]; last: Decision } {
    let status: WanAddressStatus | undefined;
    let last: Decision | undefined;
    const values: string[] = [];
    for (const [i, text] of texts.entries()) {
      const now = NOW + i * stepMs;
      const observation = { ...seen("n1", text), observedAt: new Date(now).toISOString() };
      last = judge([observation], { previous: status, now });
      status = last.status;
      values.push(status.ipv4 ?? "");
    }
    return last === undefined ? expect.unreachable() : { values, last };
  }

  it("is followed a few times at once, then every other minute, and in the end told true", () => {
    const texts = Array.from({ length: 120 }, (_, i) => (i % 2 === 0 ? A : B));
    const { values } = swing(texts, 5_000);
    const changes = values.filter((value, i) => value !== values[i - 1]).length;
    expect(changes).toBeGreaterThanOrEqual(10);
    expect(changes).toBeLessThanOrEqual(20);
    const settled = swing([...texts, ...Array.from({ length: 30 }, () => B)], 5_000);
    expect(settled.values.at(-1)).toBe("1.1.1.2");
    expect(condition(settled.last, "Agreed").status).toBe("True");
  });

  it("is not what a first address is held for, nor by what a clock that is ahead has dated", () => {
    const { last } = swing(
      Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? A : B)),
      5_000,
    );
    const now = NOW + 55_000;
    const back = { observations: [{ ...seen("n1", A), observedAt: new Date(now).toISOString() }], now };
    const held = judge(back.observations, { previous: last.status, now });
    expect(held.status.ipv4).toBe("1.1.1.2");
    expect(condition(held, "Agreed")).toMatchObject({ status: "False", reason: "Flapping" });
    expect(held.recheckAfterMs).toBe(110_000);
    const unknown = { history: last.status.history };
    expect(judge(back.observations, { previous: unknown, now }).status.ipv4).toBe("1.1.1.1");
    const ahead = (last.status.history ?? []).map((change) => ({ ...change, time: new Date(now + 1).toISOString() }));
    const skewed = judge(back.observations, { previous: { ...last.status, history: ahead }, now });
    expect(skewed.status.ipv4).toBe("1.1.1.1");
  });

  it("that changes no faster than every 35 seconds is followed at once", () => {
    const texts = Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? A : B));
    expect(swing(texts, 35_000).values).toEqual(texts.map((text) => (text === A ? "1.1.1.1" : "1.1.1.2")));
  });

  it("is not one that moves on: each new address is followed at once", () => {
    const texts = Array.from({ length: 50 }, (_, i) => `!A:1.1.1.${i} B:1.1.1.${i}`);
    expect(swing(texts, 5_000).values).toEqual(texts.map((_, i) => `1.1.1.${i}`));
  });
});

describe("many nodes", () => {
  let read: string[];

  /** Notes each time that the votes are looked at. */
  function watched(observation: WanObservation): WanObservation {
    const { votes: own, ...rest } = observation;
    return Object.defineProperty(rest as WanObservation, "votes", {
      get: () => {
        read.push(observation.nodeName);
        return own;
      },
    });
  }

  it("are not judged anew because one of them has observed", () => {
    read = [];
    const nodes = Array.from({ length: 20 }, (_, i) => watched(seen(`n${i}`, `${V4} !A:2606::${i} B:2606::${i}`)));
    const first = judge(nodes);
    read = [];
    const next = judge([...nodes.slice(1), watched(seen("n0", V4_NEW))], { previous: first.status });
    expect(new Set(read)).toEqual(new Set(["n0"]));
    expect(condition(next, "MultipleEgress").reason).toBe("NodesDiffer");
  });

  it("are judged anew when the rules are others", () => {
    const nodes = [seen("n1", V4), seen("n2", V4)];
    expect(judge(nodes).status.ipv4).toBe("1.1.1.1");
    expect(judge(nodes, { spec: spec({ quorum: 3 }) }).status.ipv4).toBeUndefined();
    expect(judge(nodes, { spec: spec({ excluded: ["1.1.1.0/24"] }) }).status.ipv4).toBeUndefined();
    expect(judge(nodes).status.ipv4).toBe("1.1.1.1");
  });
});
