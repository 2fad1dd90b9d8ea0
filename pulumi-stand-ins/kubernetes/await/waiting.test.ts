import { expect, test } from "vitest";
import { sleepingClock } from "../../testing/fakes.ts";
import { timeoutMsOf, waitUntil } from "./waiting.ts";
import type { Progress } from "./waiting.ts";

const pending = (text: string): Progress => ({ done: false, messages: [["info", text]], problems: ["why"] });

test("a message is shown once, until another one is", async () => {
  const looks = [pending("a"), pending("a"), pending("b"), pending("a"), { done: true, messages: [] }];
  const shown: string[] = [];
  const look = () => Promise.resolve(looks.shift() ?? pending("none"));
  await waitUntil(look, "x", waiting(10_000, new AbortController().signal, shown));
  expect(shown).toEqual(["a", "b", "a"]);
});

test("time runs out with the reasons of the last look", async () => {
  const signal = new AbortController().signal;
  const wait = waitUntil(() => Promise.resolve(pending("a")), "web", waiting(1000, signal, []));
  await expect(wait).rejects.toThrow("'web' timed out waiting to be Ready");
  await expect(wait).rejects.toMatchObject({ reasons: ["why"] });
});

test("a cancelled operation stops waiting", async () => {
  const wait = waitUntil(() => Promise.resolve(pending("a")), "web", waiting(1000, AbortSignal.abort(), []));
  await expect(wait).rejects.toThrow("cancelled");
});

test("customTimeouts come before the annotation, and that before ten minutes", () => {
  const annotated = { metadata: { annotations: { "pulumi.com/timeoutSeconds": "5" } } };
  expect(timeoutMsOf(annotated, 7)).toBe(7000);
  expect(timeoutMsOf(annotated, 0)).toBe(5000);
  expect(timeoutMsOf({}, 0)).toBe(600_000);
});

function waiting(timeoutMs: number, signal: AbortSignal, shown: string[]) {
  return { clock: sleepingClock(), signal, timeoutMs, report: (_severity: unknown, text: string) => shown.push(text) };
}
