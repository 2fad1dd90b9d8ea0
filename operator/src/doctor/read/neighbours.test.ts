import { expect, it } from "vitest";
import { askKernel } from "./neighbours.ts";

/** A known neighbour is asked directly. Once the kernel knows none, all are asked. */
function kernel(states: Readonly<Record<string, string>>, answering: readonly string[]) {
  const knocks: string[] = [];
  const entries = new Map(
    Object.entries(states).map(([dst, state]) => [dst, { dst, lladdr: "02:00:00:00:00:11", state: [state] }]),
  );
  return {
    knocks,
    table: () => Promise.resolve({ read: true as const, value: new Map<string, Entry>(entries) }),
    knock: (dst: string) => {
      const knew = entries.get(dst)?.state.includes("STALE") ?? false;
      const state = !knew && answering.includes(dst) ? "REACHABLE" : "FAILED";
      entries.set(dst, { dst, lladdr: "02:00:00:00:00:11", state: [state] });
      knocks.push(dst);
      return Promise.resolve();
    },
  };
}

interface Entry {
  dst: string;
  lladdr?: string | undefined;
  state: string[];
}

it("asks once more for an address that the kernel knew and that nobody answers for, and for no other", async () => {
  const lan = kernel({ "fd00::100": "STALE", "fd00::101": "STALE" }, ["fd00::100", "fd00::12"]);
  const table = await askKernel(["fd00::100", "fd00::101", "fd00::102", "fd00::12"], lan);
  if (!table.read) expect.unreachable();
  const states = [...table.value].map(([dst, { state }]) => `${dst} ${state.join()}`).sort();
  expect(states).toEqual(["fd00::100 REACHABLE", "fd00::101 FAILED", "fd00::102 FAILED", "fd00::12 REACHABLE"]);
  expect(lan.knocks.slice(4)).toEqual(["fd00::100", "fd00::101"]);
});
