import { expect, it } from "vitest";
import { fuzz } from "./fuzz.ts";
import { TARGETS } from "./targets.ts";

it("30 000 damaged messages: nothing throws, hangs, or is taken for what it is not", () => {
  const { messages, failure, answers } = fuzz(20_260_301, (count) => count >= 30_000);
  expect(failure).toBeUndefined();
  expect(messages).toBe(30_000);
  // A run that only ever meets the first check of a decoder would show nothing.
  for (const { name } of TARGETS)
    expect([...answers.keys()].filter((key) => key.startsWith(name)).length).toBeGreaterThan(1);
  expect(answers.get("STUN answer: mapped")).toBeGreaterThan(100);
  expect(answers.get("NAT-PMP answer: address")).toBeGreaterThan(100);
});

it("the same seed gives the same run", () => {
  const run = (seed: number) => [...fuzz(seed, (count) => count >= 2000).answers].sort();
  expect(run(1)).toEqual(run(1));
  expect(run(1)).not.toEqual(run(2));
});
