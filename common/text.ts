/**
 * Text that comes from the network or out of other people's objects, as it may stand in a message: on one line, short,
 * and without anything that a terminal obeys (control characters, escape sequences) or that turns the text around.
 */

const MAX_LENGTH = 300;
/** As long as a name in DNS may be (RFC 1035 section 2.3.4), and more than any address. */
const MAX_VALUE = 255;
const MAX_VALUES = 8;

/** Control, format (bidi included), unassigned and private characters, lone surrogates, and every kind of white space. */
const UNSEEN = /[\p{C}\s]+/gu;
/** The same, without white space but for the two that begin a line unseen. */
const UNPRINTABLE = /(?:[^\P{C}\n\t]|[\u2028\u2029])+/gu;

/** @param most characters that are kept; what is longer ends in `…`. */
export function clean(text: string, most = MAX_LENGTH): string {
  // Far more than is kept is not looked at either: the text may be megabytes long.
  const line = text
    .slice(0, 4 * most)
    .replace(UNSEEN, " ")
    .trim();
  if (line.length <= most && text.length <= 4 * most) return line;
  // Never half of a pair that is one character.
  return `${line.slice(0, most).replace(/[\uD800-\uDBFF]$/, "")}…`;
}

/** The values of an rrset one by one, each of them clean. */
export function cleanEach(values: readonly string[], mostValues = MAX_VALUES): string[] {
  return values.slice(0, mostValues).map((value) => clean(value, MAX_VALUE));
}

/** The values of an rrset as a list in words. */
export function cleanValues(values: readonly string[]): string {
  const shown = cleanEach(values);
  const more = values.length - shown.length;
  return more > 0 ? `${shown.join(", ")} and ${more} more` : shown.join(", ");
}

/** A text that is laid out already, in lines and columns, without what a terminal obeys. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, " ");
}
