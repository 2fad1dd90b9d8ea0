/** The operator undoes foreign changes at most `driftLimit` times within this window, in milliseconds. */
const DRIFT_WINDOW_MS = 60 * 60_000;

/**
 * Returns the recorded corrections (RFC 3339) that still count, oldest first. A time more than one window in the future
 * comes from a wrong clock. It is dropped, because it would count for as long as that clock was ahead.
 */
export function recentCorrections(times: readonly string[] | undefined, now: number): string[] {
  return (times ?? []).filter((time) => Math.abs(now - Date.parse(time)) < DRIFT_WINDOW_MS).sort();
}

/**
 * Returns in how many milliseconds a change may be undone again: 0 if there are fewer than `limit` recent corrections,
 * undefined if the limit is 0 and no change is ever undone.
 */
export function correctionAllowedInMs(recent: readonly string[], limit: number, now: number): number | undefined {
  if (recent.length < limit) return 0;
  const leaving = recent[recent.length - limit];
  return leaving === undefined ? undefined : Math.max(0, Date.parse(leaving) + DRIFT_WINDOW_MS - now);
}
