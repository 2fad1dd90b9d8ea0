/**
 * Names of zones and rrsets in the form of LiveDNS: the zone without a trailing dot, and the rrset's name relative to
 * it.
 */

/** RFC 1035 section 2.3.4, in octets without the trailing dot. */
const MAX_NAME = 253;
/** Letters, digits, hyphens (RFC 1123 section 2.1) and the underscore of service names. No hyphen at either end. */
const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/i;

/** Returns what is wrong with a zone's name, in words, or undefined. */
export function zoneProblem(zone: string): string | undefined {
  if (zone.endsWith(".")) return `zone "${zone}": leave out the dot at the end`;
  if (zone.length > MAX_NAME) return `zone: ${zone.length} characters are more than ${MAX_NAME}`;
  const labels = zone.split(".");
  if (labels.length < 2) return `zone "${zone}": a zone has at least two labels, for instance example.com`;
  const wrong = labels.find((label) => !LABEL.test(label));
  return wrong === undefined ? undefined : labelProblem("zone", zone, wrong);
}

/** Returns what is wrong with an rrset's name in a zone, in words, or undefined. `@` is the apex. */
export function nameProblem(name: string, zone: string): string | undefined {
  if (name === "@" || name === "*") return undefined;
  if (name.endsWith(".")) return `name "${name}": names are relative to the zone, without a dot at the end`;
  if (fqdn(zone, name).length > MAX_NAME) return `name: with its zone it is longer than ${MAX_NAME} characters`;
  // RFC 4592 section 2.1.1: an asterisk is a wildcard only as the whole leftmost label.
  const labels = name.startsWith("*.") ? name.slice(2).split(".") : name.split(".");
  const wrong = labels.find((label) => !LABEL.test(label));
  return wrong === undefined ? undefined : labelProblem("name", name, wrong);
}

/** Returns the fully qualified name in lower case, without a trailing dot. */
export function fqdn(zone: string, name: string): string {
  return (name === "@" ? zone : `${name}.${zone}`).toLowerCase();
}

function labelProblem(what: string, whole: string, label: string): string {
  const hint = /[^\p{ASCII}]/u.test(label) ? " (write an international name in its xn-- form)" : "";
  return `${what} "${whole}": "${label}" is not a label of letters, digits, hyphens and underscores${hint}`;
}
