import { expect, it } from "vitest";
import { API_VERSION, detectionSpec, type WanAddressObject } from "@esddns/common/api";
import type { EventNote } from "../kube/events.ts";
import { silentLog, virtualClock } from "../runtime/testing.ts";
import { TokenCalendar } from "./tokenCalendar.ts";

const wan: WanAddressObject = {
  apiVersion: API_VERSION,
  kind: "WanAddress",
  metadata: { name: "wan" },
  spec: detectionSpec.parse({}),
};

/** Returns the notices within so many days from 2026-03-01 on, over several terms as leader. */
async function notes(gandiTokenExpires: string | undefined, days: number): Promise<EventNote[]> {
  const clock = virtualClock();
  const told: EventNote[] = [];
  const calendar = new TokenCalendar({
    clock,
    log: silentLog(),
    gandiTokenExpires,
    events: { record: (_regarding, note) => told.push(note), idle: () => Promise.resolve() },
    wan: {
      get: () => wan,
      items: () => [wan],
      put: () => undefined,
      refresh: () => Promise.resolve({ ok: true, value: "1" }),
      whenSynced: () => Promise.resolve(),
    },
  });
  for (let day = 0; day < days; day++) {
    const term = new AbortController();
    const ended = calendar.run(term.signal);
    await clock.run(86_400_000);
    term.abort();
    await ended;
  }
  return told;
}

it("tells 30, 7 and 1 days before the end, and at it, each once", async () => {
  expect(await notes("2026-04-10", 45)).toMatchObject([
    { type: "Warning", reason: "TokenExpiring", note: expect.stringContaining("within 30 days") as string },
    { note: expect.stringContaining("within 7 days") as string },
    { note: expect.stringContaining("within a day") as string },
    { note: expect.stringContaining("has expired") as string },
  ]);
});

it("tells nothing long before, or where nobody has said when it ends", async () => {
  expect(await notes("2026-12-01", 5)).toEqual([]);
  expect(await notes(undefined, 5)).toEqual([]);
});
