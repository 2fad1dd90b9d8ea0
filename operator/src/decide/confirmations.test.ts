import { describe, expect, it } from "vitest";
import type { Confirmation, WanObservation } from "@esddns/common/api";
import { virtualClock } from "../runtime/testing.ts";
import { Confirmations } from "./confirmations.ts";
import { decide } from "./decide.ts";
import { judgeVotes } from "./quorum.ts";
import { spec, votes } from "./testing.ts";

const allowed = spec({ allowUnauthenticated: true });
const PLAIN = "A:1.1.1.1 B:1.1.1.1";

/** Returns the confirmation after each of a node's rounds, `seconds` apart. */
function rounds(texts: readonly string[], seconds: number): (Confirmation | undefined)[] {
  const clock = virtualClock();
  const confirmations = new Confirmations(clock);
  return texts.map((text) => {
    const cast = votes(text);
    const [confirmation] = confirmations.learn(cast, new Map([["IPv4", judgeVotes(cast, "IPv4", allowed)]]), allowed);
    clock.advance(seconds * 1000);
    return confirmation;
  });
}

describe("how often in a row a node has come to the same", () => {
  it.each<[string, string[], number, number | undefined]>([
    ["three rounds a minute apart", [PLAIN, PLAIN, PLAIN], 60, 3],
    ["three rounds in a minute", [PLAIN, PLAIN, PLAIN], 25, 1],
    ["another address between them", [PLAIN, "A:2.2.2.2 B:2.2.2.2", PLAIN], 60, 1],
    ["a dispute between them", [PLAIN, "A:1.1.1.1 B:2.2.2.2", PLAIN], 60, 1],
    ["silence between them", [PLAIN, "", PLAIN], 60, 1],
    ["authenticated ones count", [`!C:1.1.1.1 ${PLAIN}`, PLAIN, PLAIN], 60, 3],
    ["somebody contradicts over TLS", [PLAIN, PLAIN, `${PLAIN} !C:2.2.2.2`], 60, undefined],
  ])("%s", (_name, texts, seconds, expected) => {
    expect(rounds(texts, seconds).at(-1)?.rounds).toBe(expected);
  });

  it("since when is told, too", () => {
    expect(rounds([PLAIN, PLAIN], 60).map((confirmation) => confirmation?.since)).toEqual(
      Array.from({ length: 2 }, () => "2026-03-01T12:00:00.000Z"),
    );
  });
});

describe("allowUnauthenticated", () => {
  const NOW = Date.parse("2026-03-01T12:00:00Z");
  const seen = (nodeName: string, text: string, count: number, value = "1.1.1.1"): WanObservation => ({
    nodeName,
    observedAt: new Date(NOW - 60_000).toISOString(),
    validForSeconds: 600,
    votes: votes(text),
    beliefs: [{ family: "IPv4", value, since: new Date(NOW - 60_000).toISOString(), rounds: count }],
  });
  const judge = (observations: WanObservation[], settings = allowed) =>
    decide({ spec: settings, observations, previous: undefined, generation: 1, neededFamilies: [], now: NOW }).status;
  const types = ({ conditions = [] }: ReturnType<typeof judge>) => conditions.map(({ type }) => type);

  it("believes a quorum without TLS after three equal rounds, and says that it does", () => {
    const status = judge([seen("n1", PLAIN, 3)]);
    expect(status.ipv4).toBe("1.1.1.1");
    expect(status.conditions?.find(({ type }) => type === "Unauthenticated")).toMatchObject({
      status: "True",
      reason: "NoAuthenticatedVote",
    });
  });

  it.each<[string, WanObservation, typeof allowed]>([
    ["two rounds only", seen("n1", PLAIN, 2), allowed],
    ["three rounds where five are asked for", seen("n1", PLAIN, 3), spec({ ...allowed, confirmations: 5 })],
    ["three rounds of another address", seen("n1", PLAIN, 3, "2.2.2.2"), allowed],
    ["it is not allowed", seen("n1", PLAIN, 20), spec()],
    ["one organisation alone", seen("n1", "A:1.1.1.1", 20), allowed],
  ])("does not believe it: %s", (_name, observation, settings) => {
    const status = judge([observation], settings);
    expect(status.ipv4).toBeUndefined();
    expect(types(status)).not.toContain("Unauthenticated");
  });

  it("goes by the nodes that have an authenticated vote, where there are any", () => {
    const status = judge([seen("n1", PLAIN, 20), seen("n2", "!A:2.2.2.2 B:2.2.2.2", 1, "2.2.2.2")]);
    expect(status.ipv4).toBe("2.2.2.2");
    expect(types(status)).not.toContain("Unauthenticated");
  });
});
