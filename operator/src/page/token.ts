import { plural, quiet, section, time, type Tone } from "./elements.ts";
import { type Html, markup } from "./markup.ts";

const DAY_MS = 86_400_000;
/** Gandi's tokens cannot be renewed by a program, so somebody has to have the time for it. Days. */
const SOON = 30;
const VERY_SOON = 7;

interface TokenState {
  readonly tone: Tone;
  /** Whole days left; negative: so long ago. Undefined where nobody has said when the token ends. */
  readonly days: number | undefined;
  readonly text: string;
}

/** How long Gandi's token lasts; it ends with the day that `expires` (YYYY-MM-DD) begins, UTC. */
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
