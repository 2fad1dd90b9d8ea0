import { afterEach, expect, it, vi } from "vitest";
import { systemClock } from "./clock.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

it.each([2 ** 31, 2_147_484_000, 1e300, Infinity])("a sleep of %d ms is none that Node cuts to 1 ms", async (ms) => {
  // Node warns of a timer that it cannot hold, as it makes it.
  const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
  const stop = new AbortController();
  const sleeping = systemClock.sleep(ms, stop.signal);
  stop.abort();
  await expect(sleeping).rejects.toThrow("aborted");
  expect(warned).not.toHaveBeenCalled();
});
