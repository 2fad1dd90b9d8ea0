/**
 * Makes text from the network or from other people's objects safe for messages: on one line, short, and without
 * anything that a terminal obeys (control characters, escape sequences) or that reverses the direction of text.
 */

const MAX_LENGTH = 300;
/** As long as a name in DNS may be (RFC 1035 section 2.3.4), and more than any address. */
const MAX_VALUE = 255;
const MAX_VALUES = 8;

/**
 * Control, format (including bidi), unassigned and private characters, lone surrogates, and every kind of white space.
 */
const UNSEEN = /[\p{C}\s]+/gu;
/** The same, but of white space only the two invisible line separators. */
const UNPRINTABLE = /(?:[^\P{C}\n\t]|[\u2028\u2029])+/gu;

/** @param most how many characters are kept. A longer text ends in `…` */
export function clean(text: string, most = MAX_LENGTH): string {
  // The text may be megabytes long. At most four times as much as is kept is examined.
  const line = text
    .slice(0, 4 * most)
    .replace(UNSEEN, " ")
    .trim();
  if (line.length <= most && text.length <= 4 * most) return line;
  // Never keeps one half of a surrogate pair.
  return `${line.slice(0, most).replace(/[\uD800-\uDBFF]$/, "")}…`;
}

/** Cleans each value of an rrset. */
export function cleanEach(values: readonly string[], mostValues = MAX_VALUES): string[] {
  return values.slice(0, mostValues).map((value) => clean(value, MAX_VALUE));
}

/** Returns the values of an rrset as a list in words. */
export function cleanValues(values: readonly string[]): string {
  const shown = cleanEach(values);
  const more = values.length - shown.length;
  return more > 0 ? `${shown.join(", ")} and ${more} more` : shown.join(", ");
}

/** Returns a text that is already laid out in lines and columns, without anything that a terminal obeys. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, " ");
}
