import { isIPv4, isIPv6 } from "node:net";
import { z } from "zod";

/** All records of one name and type: LiveDNS has no smaller unit. `name` is relative to the zone, `@` its apex. */
export interface Rrset {
  readonly name: string;
  readonly type: string;
  /** Seconds. */
  readonly ttl: number;
  /** In zone file notation: host names absolute with their final dot, texts quoted. */
  readonly values: readonly string[];
}

/** One entry of the `errors` of a 400. */
export interface FieldError {
  readonly location: "body" | "path";
  readonly name: string;
  readonly description: string;
}

/** Seconds; LiveDNS takes the default where a body names no `rrset_ttl`. */
const ttlLimits = { min: 300, max: 2_592_000, default: 10_800 } as const;

const label = "[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?";
const relativeName = new RegExp(`^(@|\\*|(\\*\\.)?${label}(\\.${label})*)$`);
const hostName = new RegExp(`^(@|${label}(\\.${label})*\\.?)$`);

const bodySchema = z.object({ rrset_values: z.array(z.string()).min(1), rrset_ttl: z.unknown().optional() });

/**
 * Checks what a client wants to write.
 * @param name relative to `zone`, lower case
 * @param body the parsed JSON, of any shape: `{ rrset_values: [...], rrset_ttl?: seconds }` is right
 * @returns the rrset, or every problem found
 */
export function parseRrset(zone: string, name: string, type: string, body: unknown): Rrset | FieldError[] {
  const errors: FieldError[] = [];
  if (!relativeName.test(name)) errors.push({ location: "path", name: "rrset_name", description: "Invalid name" });
  const parser = valueParsers.get(type);
  if (parser === undefined) {
    const known = [...valueParsers.keys()].join(", ");
    errors.push({ location: "path", name: "rrset_type", description: `"${type}" is not one of ${known}` });
  }
  const parsed = bodySchema.safeParse(body);
  if (!parsed.success) return [...errors, { location: "body", name: "rrset_values", description: "Required" }];

  const ttl = parsed.data.rrset_ttl ?? ttlLimits.default;
  errors.push(...ttlErrors(ttl));
  const values = new Set<string>();
  for (const [index, raw] of parsed.data.rrset_values.entries()) {
    const value = parser?.(raw, zone);
    if (value !== undefined) values.add(value);
    else if (parser !== undefined) errors.push(valueError(index, raw, type));
  }
  if (type === "CNAME" && (values.size > 1 || name === "@")) {
    const description = name === "@" ? "a CNAME cannot stand at the apex" : "a CNAME has exactly one value";
    errors.push({ location: "body", name: "rrset_values", description });
  }
  return errors.length > 0 ? errors : { name, type, ttl: Number(ttl), values: [...values] };
}

function ttlErrors(ttl: unknown): FieldError[] {
  const error = (description: string): FieldError[] => [{ location: "body", name: "rrset_ttl", description }];
  if (typeof ttl !== "number" || !Number.isInteger(ttl)) return error(`${JSON.stringify(ttl)} is not a number`);
  if (ttl < ttlLimits.min) return error(`${ttl} is less than minimum value ${ttlLimits.min}`);
  if (ttl > ttlLimits.max) return error(`${ttl} is greater than maximum value ${ttlLimits.max}`);
  return [];
}

function valueError(index: number, value: string, type: string): FieldError {
  return {
    location: "body",
    name: `rrset_values.${index}`,
    description: `${JSON.stringify(value)} is not a valid value of type ${type}`,
  };
}

type ValueParser = (value: string, zone: string) => string | undefined;

const valueParsers: ReadonlyMap<string, ValueParser> = new Map<string, ValueParser>([
  ["A", (value) => (isIPv4(value) ? value : undefined)],
  ["AAAA", (value) => (isIPv6(value) && !value.includes("%") ? value : undefined)],
  ["CNAME", parseHostName],
  ["TXT", parseText],
]);

function parseHostName(value: string, zone: string): string | undefined {
  const lower = value.toLowerCase();
  if (!hostName.test(lower) || lower.length > 253) return undefined;
  if (lower === "@") return `${zone}.`;
  return lower.endsWith(".") ? lower : `${lower}.${zone}.`;
}

/** Already quoted strings stay as they are; anything else becomes strings of at most 255 octets (RFC 1035 3.3.14). */
function parseText(value: string): string | undefined {
  if (!/^[\x20-\x7e]+$/.test(value)) return undefined;
  const quoted = String.raw`"(?:[^"\\]|\\.){0,255}"`;
  if (value.startsWith('"')) return new RegExp(`^${quoted}(?: +${quoted})*$`).test(value) ? value : undefined;
  const chunks = value.match(/.{1,255}/g) ?? [];
  return chunks.map((chunk) => `"${chunk.replace(/["\\]/g, "\\$&")}"`).join(" ");
}
