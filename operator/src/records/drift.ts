/** In which somebody else's changes are undone at most `driftLimit` times, milliseconds. */
const DRIFT_WINDOW_MS = 60 * 60_000;

/**
 * Those of the noted corrections (RFC 3339) that still count, oldest first. One from further in the future than the window
 * is long was dated by a clock that was wrong, and would count for as long as that clock was ahead.
 */
export function recentCorrections(times: readonly string[] | undefined, now: number): string[] {
  return (times ?? []).filter((time) => Math.abs(now - Date.parse(time)) < DRIFT_WINDOW_MS).sort();
}

/**
 * When a change may be undone again, in milliseconds from now: 0 where fewer than `limit` of these corrections count,
 * undefined where that never comes because the limit is 0.
 */
export function correctionAllowedInMs(recent: readonly string[], limit: number, now: number): number | undefined {
  if (recent.length < limit) return 0;
  const leaving = recent[recent.length - limit];
  return leaving === undefined ? undefined : Math.max(0, Date.parse(leaving) + DRIFT_WINDOW_MS - now);
}
