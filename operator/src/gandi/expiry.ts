import { HOW_TO_RENEW } from "./errors.ts";

const DAY_MS = 86_400_000;

/** Days before the expiry at which people are notified. */
const EXPIRY_NOTICES = [30, 7, 1] as const;

/**
 * Returns the whole days until Gandi's token expires, negative after that.
 *
 * @param expires YYYY-MM-DD: it expires as that day begins, UTC, which is the earliest that Gandi may mean
 * @param now milliseconds since the epoch
 */
export function tokenDaysLeft(expires: string, now: number): number {
  return Math.floor((Date.parse(expires) - now) / DAY_MS);
}

/**
 * Returns the notice for the remaining days, or undefined if none is due. The text stays the same until the next notice
 * is due.
 */
export function expiryNotice(expires: string, daysLeft: number): string | undefined {
  if (daysLeft < 0) return `Gandi's token has expired (${expires}); no record can be written any more: ${HOW_TO_RENEW}`;
  const due = EXPIRY_NOTICES.filter((days) => daysLeft <= days).at(-1);
  if (due === undefined) return undefined;
  const within = due === 1 ? "a day" : `${due} days`;
  return `Gandi's token ends within ${within}, on ${expires}, and no program can renew it: ${HOW_TO_RENEW}`;
}
