import { plural, quiet, section, time, type Tone } from "./elements.ts";
import { type Html, markup } from "./markup.ts";

const DAY_MS = 86_400_000;
/** No program can renew Gandi's tokens, so a person needs time to do it. Days. */
const SOON = 30;
const VERY_SOON = 7;

interface TokenState {
  readonly tone: Tone;
  /** Whole days left, negative after the expiry. Undefined: the expiry is not configured. */
  readonly days: number | undefined;
  readonly text: string;
}

/** Returns how long Gandi's token is valid. It expires at the start of the day `expires` (YYYY-MM-DD), UTC. */
export function tokenState(expires: string | undefined, now: number): TokenState {
  const end = expires === undefined ? Number.NaN : Date.parse(expires);
  if (Number.isNaN(end)) return { tone: "plain", days: undefined, text: "Nobody has said when the token ends." };
  const days = Math.floor((end - now) / DAY_MS);
  if (end <= now) return { tone: "bad", days, text: "The token has expired." };
  const tone = days <= VERY_SOON ? "bad" : days <= SOON ? "warn" : "good";
  return { tone, days, text: days === 0 ? "The token ends today." : `${plural(days, "day")} left.` };
}

export function tokenCard(expires: string | undefined, now: number): Html {
  const { tone, days, text } = tokenState(expires, now);
  const renew = "Create a new token at Gandi, store it with pulumi config set --secret gandiToken, and run pulumi up.";
  return section(
    "token",
    "Gandi's token",
    markup`<p><span class="mark ${tone}">${text}</span> ${expires !== undefined && days !== undefined && markup`Ends ${time(expires, undefined)}.`}</p>`,
    days === undefined && markup`<p>${quiet("Set esddns:gandiTokenExpires to be warned in time.")}</p>`,
    days !== undefined && days <= SOON && markup`<p>${renew}</p>`,
  );
}
