import fc from "fast-check";
import { expect, test } from "vitest";
import type { Rrset } from "../gandi/rrset.ts";
import { type PlanInput, planRrset, sameRrset } from "./plan.ts";

const a = (ttl: number, ...values: string[]): Rrset => ({ type: "A", ttl, values });
const cname: Rrset = { type: "CNAME", ttl: 300, values: ["elsewhere.example.net."] };
const wanted = a(300, "192.0.2.1");

function brief(input: Partial<PlanInput>): string {
  const defaults = { actual: undefined, cname: undefined, published: undefined, conflictPolicy: undefined };
  const action = planRrset({ desired: wanted, ...defaults, ...input });
  return action.kind === "Put" ? action.because : action.kind;
}

test.each<[string, Partial<PlanInput>, string]>([
  ["nothing there", {}, "Created"],
  ["the same there, not ours", { actual: wanted }, "None"],
  ["the same there, not ours, Refuse", { actual: wanted, conflictPolicy: "Refuse" }, "None"],
  ["one other value", { actual: a(300, "192.0.2.9") }, "TakenOver"],
  ["one other value, Refuse", { actual: a(300, "192.0.2.9"), conflictPolicy: "Refuse" }, "Refuse"],
  ["several values", { actual: a(300, "192.0.2.8", "192.0.2.9") }, "Refuse"],
  ["several values, ours among them", { actual: a(300, "192.0.2.1", "192.0.2.9") }, "Refuse"],
  ["several values, Adopt", { actual: a(300, "192.0.2.8", "192.0.2.9"), conflictPolicy: "Adopt" }, "TakenOver"],
  ["the same value with another ttl", { actual: a(3600, "192.0.2.1") }, "TakenOver"],
  ["another ttl, Refuse", { actual: a(3600, "192.0.2.1"), conflictPolicy: "Refuse" }, "Refuse"],
  ["ours, the same", { actual: wanted, published: wanted }, "None"],
  ["ours, with a new address", { actual: a(300, "192.0.2.9"), published: a(300, "192.0.2.9") }, "Changed"],
  ["ours, with a new ttl", { actual: a(600, "192.0.2.1"), published: a(600, "192.0.2.1") }, "Changed"],
  ["ours, edited by somebody", { actual: a(300, "192.0.2.9"), published: wanted }, "Drifted"],
  ["ours, with another ttl by somebody", { actual: a(900, "192.0.2.1"), published: wanted }, "Drifted"],
  ["ours, with a value added by somebody", { actual: a(300, "192.0.2.1", "192.0.2.9"), published: wanted }, "Drifted"],
  ["ours, deleted by somebody", { published: wanted }, "Drifted"],
  [
    "ours, and the policy does not matter any more",
    { actual: a(300, "192.0.2.9"), published: wanted, conflictPolicy: "Refuse" },
    "Drifted",
  ],
  ["a CNAME", { cname }, "Refuse"],
  ["a CNAME, Adopt", { cname, conflictPolicy: "Adopt" }, "Refuse"],
  ["a CNAME in the place of ours", { cname, published: wanted }, "Refuse"],
])("%s", (_, input, outcome) => {
  expect(brief(input)).toBe(outcome);
});

test.each([
  ["the published value once more", wanted, true],
  ["a new value", a(300, "192.0.2.2"), false],
])("after somebody's edit %s is told apart", (_, desired, isRepeat) => {
  const input = { actual: a(300, "192.0.2.9"), cname: undefined, published: wanted, conflictPolicy: undefined };
  expect(planRrset({ ...input, desired })).toEqual({ kind: "Put", because: "Drifted", isRepeat });
});

test("several desired values do not make one foreign value untouchable", () => {
  expect(brief({ desired: a(300, "192.0.2.1", "192.0.2.2"), actual: a(300, "192.0.2.9") })).toBe("TakenOver");
});

test("the same several values may get another ttl: nothing of them is lost", () => {
  const desired = a(300, "192.0.2.1", "192.0.2.2");
  expect(brief({ desired, actual: a(600, "192.0.2.2", "192.0.2.1") })).toBe("TakenOver");
});

test("a refusal names what stands there and what to do", () => {
  const refuse = (input: Partial<PlanInput>): string => {
    const action = planRrset({
      desired: wanted,
      actual: undefined,
      cname,
      published: undefined,
      conflictPolicy: undefined,
      ...input,
    });
    return action.kind === "Refuse" ? action.message : "";
  };
  expect(refuse({})).toMatch(/elsewhere\.example\.net\..*remove the CNAME/);
  expect(refuse({ cname: undefined, actual: a(60, "192.0.2.8", "192.0.2.9") })).toMatch(
    /192\.0\.2\.8, 192\.0\.2\.9 .*Adopt/,
  );
});

const address = fc.integer({ min: 1, max: 4 }).map((host) => `192.0.2.${host}`);
const rrset = fc.record({
  ttl: fc.constantFrom(300, 600),
  values: fc.uniqueArray(address, { minLength: 1, maxLength: 3 }),
});
const anyRrset = rrset.map((fields): Rrset => ({ type: "A", ...fields }));
const input = fc.record({
  desired: anyRrset,
  actual: fc.option(anyRrset, { nil: undefined }),
  cname: fc.option(fc.constant(cname), { nil: undefined, freq: 3 }),
  published: fc.option(anyRrset, { nil: undefined }),
  conflictPolicy: fc.constantFrom(undefined, "Adopt" as const, "Refuse" as const),
});

test("for every state: equal is left alone, and only what is equal is", () => {
  fc.assert(
    fc.property(input, (state) => {
      const equal = state.actual !== undefined && sameRrset(state.actual, state.desired);
      expect(planRrset(state).kind === "None").toBe(equal);
    }),
  );
});

test("for every state: after the write there is nothing to do, whether or not it was noted", () => {
  fc.assert(
    fc.property(input, fc.boolean(), (state, noted) => {
      fc.pre(planRrset(state).kind === "Put");
      const published = noted ? state.desired : state.published;
      expect(planRrset({ ...state, actual: state.desired, cname: undefined, published })).toEqual({ kind: "None" });
    }),
  );
});

test("for every state: what is not ours is written over only as the policy says", () => {
  fc.assert(
    fc.property(input, (state) => {
      const { actual, desired, conflictPolicy } = state;
      fc.pre(actual !== undefined);
      const action = planRrset({ ...state, cname: undefined, published: undefined });
      if (action.kind !== "Put") return;
      expect(conflictPolicy).not.toBe("Refuse");
      const values = new Set([...actual.values, ...desired.values]);
      if (conflictPolicy === undefined)
        expect(actual.values.length === 1 || values.size === desired.values.length).toBe(true);
    }),
  );
});
