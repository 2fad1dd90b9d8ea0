import { expect, it } from "vitest";
import { evaluateRelease } from "./takeOver.ts";

const IN_USE = "cannot re-use a name that is still in use";
const mine = { owner: "esddns-production", controller: true };
const judge = (installed: typeof mine | { owner: undefined; controller: boolean }, takeOver = false, error = IN_USE) =>
  evaluateRelease(error, installed, "esddns-production", takeOver);

it("takes over what this stack has kept, and what a killed run of it left", () => {
  expect(judge(mine)).toEqual({ forget: "all" });
  expect(judge({ owner: undefined, controller: false })).toEqual({ forget: "all" });
});

it("leaves another stack's MetalLB alone, even if told to take over", () => {
  const others = { ...mine, owner: "esddns-development" };
  for (const takeOver of [false, true])
    expect(judge(others, takeOver)).toEqual({
      refuse: expect.stringMatching(/esddns-development\. Set esddns:shared/) as string,
    });
});

it("takes over one that nobody's name is on only when it is told so", () => {
  const nobodys = { owner: undefined, controller: true };
  expect(judge(nobodys)).toHaveProperty("refuse", expect.stringContaining("--take-over"));
  expect(judge(nobodys, true)).toEqual({ forget: "all" });
});

it("frees a release of its own from an upgrade that was killed, and keeps its history", () => {
  const pending = "another operation (install/upgrade/rollback) is in progress";
  expect(judge(mine, false, pending)).toEqual({ forget: "pending" });
});

it("has nothing to do with other failures", () => {
  expect(judge(mine, true, "timed out waiting for the condition")).toBe("unrelated");
});
