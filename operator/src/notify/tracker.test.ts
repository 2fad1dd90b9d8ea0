import { beforeEach, describe, expect, it } from "vitest";
import type { Condition, DnsRecordObject, WanAddressObject } from "@esddns/common/api";
import { record, snapshot } from "../snapshot/testing.ts";
import { Tracker } from "./tracker.ts";

const MINUTE = 60_000;
let tracker: Tracker;
let at: number;
beforeEach(() => {
  tracker = new Tracker();
  at = 0;
});

const good = (): WanAddressObject => {
  const { wan } = snapshot();
  if (wan === undefined) expect.unreachable();
  return wan;
};
const withAgreed = (status: Condition["status"], reason: string): WanAddressObject => {
  const wan = good();
  const conditions = (wan.status?.conditions ?? []).map((one) =>
    one.type === "Agreed" ? { ...one, status, reason, message: `Why: ${reason}.` } : one,
  );
  return { ...wan, status: { ...wan.status, conditions } };
};
const disputed = (): WanAddressObject => withAgreed("False", "Disputed");
const moved = (to: string): WanAddressObject => {
  const wan = good();
  const [last] = wan.status?.history ?? [];
  if (last === undefined) expect.unreachable();
  const history = [{ ...last, decisionId: 3, from: last.to, to }, last];
  return { ...wan, status: { ...wan.status, ipv4: to, decisionId: 3, history } };
};

/** Returns the notes after `ms` in this state. */
const after = (ms: number, wan: WanAddressObject | undefined, records: DnsRecordObject[] = []): string[] => {
  at += ms;
  return tracker.update(wan, records, at, at).notes.map(({ kind, subject }) => `${kind} ${subject}`);
};

describe("what people are told", () => {
  it("is nothing of what stands when the pod starts", () => {
    expect(after(0, good(), [record("home")])).toEqual([]);
    expect(after(10 * MINUTE, good(), [record("home")])).toEqual([]);
  });

  it("is a change at once, and once", () => {
    after(0, good());
    expect(after(1, moved("198.51.100.77"))).toEqual(["Changed WAN address"]);
    expect(after(1, moved("198.51.100.77"))).toEqual([]);
  });

  it("is the first address that is ever found", () => {
    const none = { ...good(), status: {} };
    after(0, none);
    expect(after(1, good())).toEqual(["Changed WAN address"]);
  });

  it("is a dispute that lasts, and its end", () => {
    after(0, good());
    expect(after(1, disputed())).toEqual([]);
    expect(after(MINUTE, disputed())).toEqual(["Disputed WAN address"]);
    expect(after(60 * MINUTE, disputed())).toEqual([]);
    expect(after(1, good())).toEqual([]);
    expect(after(MINUTE, good())).toEqual(["Recovered WAN address"]);
  });

  it.each([
    ["False", "NoAnswers"],
    ["Unknown", "NoAnswers"],
    ["Unknown", "NoObservations"],
  ] as const)("is an address that nobody confirms any more (%s, %s), once, and its end", (status, reason) => {
    after(0, good());
    expect(after(1, withAgreed(status, reason))).toEqual([]);
    expect(after(MINUTE, withAgreed(status, reason))).toEqual(["Failed WAN address"]);
    expect(after(60 * MINUTE, withAgreed(status, reason))).toEqual([]);
    expect(after(1, good())).toEqual([]);
    expect(after(MINUTE, good())).toEqual(["Recovered WAN address"]);
  });

  it("is one trouble, however often its reason changes", () => {
    after(0, good());
    after(1, withAgreed("False", "NoAnswers"));
    expect(after(MINUTE, withAgreed("Unknown", "NoObservations"))).toEqual(["Failed WAN address"]);
    for (let i = 0; i < 50; i++) {
      expect(after(MINUTE, withAgreed("False", "TooFewOrganisations"))).toEqual([]);
      expect(after(MINUTE, withAgreed("Unknown", "NoObservations"))).toEqual([]);
    }
  });

  it("is nothing of a pod that starts and has not heard from the nodes yet", () => {
    expect(after(0, withAgreed("Unknown", "NoObservations"))).toEqual([]);
    expect(after(20_000, good())).toEqual([]);
    expect(after(10 * MINUTE, good())).toEqual([]);
  });

  it("is nothing of trouble that comes and goes", () => {
    after(0, good());
    for (let i = 0; i < 100; i++) {
      expect(after(30_000, disputed())).toEqual([]);
      expect(after(30_000, good())).toEqual([]);
    }
  });

  it("is a record that fails, by its name, and that it asks to be looked at again", () => {
    after(0, good(), [record("home"), record("www")]);
    const failing = [record("home", "False", "Create a new token."), record("www")];
    at += 1;
    const { notes, againMs } = tracker.update(good(), failing, at, at);
    expect([notes, againMs]).toEqual([[], MINUTE]);
    expect(after(MINUTE, good(), failing)).toEqual(["Failed home.example.com (home)"]);
  });

  it("is nothing of a record that waits its turn, and a trouble that was told before it has its end told after it", () => {
    const waiting = record("home", "False");
    for (const one of waiting.status?.conditions ?? []) one.reason = "WaitingForBudget";
    after(0, good(), [waiting]);
    expect(after(10 * MINUTE, good(), [waiting])).toEqual([]);
    after(1, good(), [record("home", "False")]);
    expect(after(MINUTE, good(), [record("home", "False")])).toEqual(["Failed home.example.com (home)"]);
    expect(after(10 * MINUTE, good(), [waiting])).toEqual([]);
    after(1, good(), [record("home")]);
    expect(after(MINUTE, good(), [record("home")])).toEqual(["Recovered home.example.com (home)"]);
  });

  it("is nothing of a record that was deleted while it failed", () => {
    after(0, good(), [record("home", "False")]);
    after(1, good(), []);
    expect(after(MINUTE, good(), [record("home")])).toEqual([]);
  });
});
