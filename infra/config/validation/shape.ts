/** Reads untyped values by a zod schema. Reports everything that does not fit, and what would. */
import { z } from "zod";
import { didYouMean, quote, type KeyPath, type Problem } from "./problem.ts";

/** An item of a list that fits, with its place there. */
export interface Placed<T> {
  readonly index: number;
  readonly value: T;
}

export interface Shaped<T> {
  /** Undefined when it does not fit. */
  readonly value: T | undefined;
  readonly problems: readonly Problem[];
}

/**
 * Reads `raw` by `schema`, with every default filled in. Unknown keys are problems at any depth.
 * `secret`: the value may be a secret, so no problem quotes it.
 */
export function shape<S extends z.ZodType>(
  schema: S,
  raw: unknown,
  path: KeyPath,
  secret = false,
): Shaped<z.output<S>> {
  const result = schema.safeParse(raw);
  const issues = result.success
    ? []
    : result.error.issues
        .filter((issue, i, all) => !isSaid(issue, all.slice(0, i)))
        .map((issue) => explain(issue, schema, raw, path, secret));
  const problems = [...issues, ...unknownKeys(schema, raw, path)];
  return { value: problems.length === 0 ? result.data : undefined, problems };
}

/** The same, item by item: a bad item does not spoil the others. A `raw` that is no list is a problem of its own. */
export function shapeItems<S extends z.ZodType>(
  list: z.ZodArray<S>,
  raw: unknown,
  path: KeyPath,
  secret = false,
): { items: Placed<z.output<S>>[]; problems: Problem[] } {
  if (!Array.isArray(raw)) return { items: [], problems: [...shape(list, raw, path, secret).problems] };
  const shaped = raw.map((item: unknown, index) => ({ index, ...shape(list.element, item, [...path, index], secret) }));
  return {
    items: shaped.flatMap(({ index, value }) => (value === undefined ? [] : [{ index, value }])),
    problems: shaped.flatMap(({ problems }) => problems),
  };
}

/**
 * Decodes text. Pulumi hands every value over as text: scalars as they are written, lists and objects as JSON. Text in
 * place of another type is read as that type. Text that cannot be read stays, and `shape` reports it.
 * `secret`: as for `shape`. The message of JSON.parse quotes the text.
 */
export function decode(schema: z.ZodType, raw: unknown, secret = false): { value: unknown } | { wrong: string } {
  if (typeof raw !== "string") return { value: raw };
  const type = core(schema);
  const text = raw.trim();
  if (type instanceof z.ZodBoolean && (text === "true" || text === "false")) return { value: text === "true" };
  if (type instanceof z.ZodNumber && /^-?\d+(\.\d+)?$/.test(text)) return { value: Number(text) };
  if ((type instanceof z.ZodObject || type instanceof z.ZodArray) && /^[[{]/.test(text)) {
    try {
      return { value: JSON.parse(text) };
    } catch (error) {
      return { wrong: secret ? "is not valid JSON" : `is not valid JSON (${(error as Error).message})` };
    }
  }
  return { value: raw };
}

/** Reports an unknown key. */
export function unknownKey(key: string, known: readonly string[], path: KeyPath): Problem {
  const hint = didYouMean(key, known);
  return { path: [...path, key], wrong: "is not a known key", right: hint.trim() || `Known are ${known.join(", ")}.` };
}

function unknownKeys(schema: z.ZodType, raw: unknown, path: KeyPath): Problem[] {
  const type = core(schema);
  if (type instanceof z.ZodArray && Array.isArray(raw)) {
    return raw.flatMap((item: unknown, i) => unknownKeys(type.element as z.ZodType, item, [...path, i]));
  }
  if (!(type instanceof z.ZodObject) || !isObject(raw)) return [];
  const members = type.shape as Record<string, z.ZodType>;
  return Object.entries(raw).flatMap(([key, value]) => {
    const member = Object.hasOwn(members, key) ? members[key] : undefined;
    return member ? unknownKeys(member, value, [...path, key]) : [unknownKey(key, Object.keys(members), path)];
  });
}

/** Whether an earlier issue covers this one: a text in place of a list also fails the check of its length. */
function isSaid(issue: z.core.$ZodIssue, before: readonly z.core.$ZodIssue[]): boolean {
  const at = (other: z.core.$ZodIssue) => other.path.join("\0");
  return before.some((other) => other.code === "invalid_type" && at(other) === at(issue));
}

function explain(issue: z.core.$ZodIssue, schema: z.ZodType, raw: unknown, base: KeyPath, secret: boolean): Problem {
  const inner = issue.path.filter((part) => typeof part !== "symbol");
  const path = [...base, ...inner];
  const value = inner.reduce<unknown>(
    (at, key) => (isObject(at) || Array.isArray(at) ? Reflect.get(at, key) : at),
    raw,
  );
  const wrong = whatIsWrong(issue, value);
  // A number out of bounds is not a secret.
  const hidden = secret && !((issue.code === "too_small" || issue.code === "too_big") && typeof value === "number");
  return {
    path,
    wrong: hidden ? wrong.replaceAll(quote(value), "the value") : wrong,
    right: whatIsRight(issue, value, at(schema, inner)),
  };
}

function whatIsWrong(issue: z.core.$ZodIssue, value: unknown): string {
  if (value === undefined) return "is missing";
  if (issue.code === "custom") return issue.message;
  if (issue.code === "invalid_type") {
    if (issue.expected === "int") return `${quote(value)} is not a whole number`;
    return `${quote(value)} is ${kindOf(value)}, not ${article(issue.expected)}`;
  }
  if (issue.code === "too_small") {
    if (Array.isArray(value) || value === "") return "is empty";
    if (typeof value === "string") return `${quote(value)} is too short: the least is ${issue.minimum} characters`;
    return `${quote(value)} is too small: the least is ${issue.minimum}`;
  }
  if (issue.code === "too_big") {
    if (Array.isArray(value)) return `has ${value.length} items: the most is ${issue.maximum}`;
    if (typeof value === "string") return `${quote(value)} is too long: the most is ${issue.maximum} characters`;
    return `${quote(value)} is too much: the most is ${issue.maximum}`;
  }
  return `${quote(value)} does not fit`;
}

function whatIsRight(issue: z.core.$ZodIssue, value: unknown, schema: z.ZodType | undefined): string {
  if (issue.code === "custom" && typeof issue.params?.["right"] === "string") return issue.params["right"];
  if (issue.code === "invalid_value") {
    const values = issue.values.map(String);
    return `Write ${values.map(quote).join(" or ")}.${typeof value === "string" ? didYouMean(value, values) : ""}`;
  }
  const members = schema && core(schema) instanceof z.ZodObject ? Object.keys((core(schema) as z.ZodObject).shape) : [];
  return (
    descriptionOf(schema) ??
    (members.length > 0 ? `Its keys are ${members.join(", ")}.` : "See the table of the stack config in the README.")
  );
}

function kindOf(value: unknown): string {
  return value === null ? "empty" : article(Array.isArray(value) ? "array" : typeof value);
}

const KINDS: Readonly<Record<string, string>> = {
  array: "a list",
  object: "an object",
  record: "an object",
  string: "a text",
  number: "a number",
  boolean: "true or false",
};

function article(kind: string): string {
  return KINDS[kind] ?? `a ${kind}`;
}

function at(schema: z.ZodType, path: KeyPath): z.ZodType | undefined {
  let type: z.ZodType | undefined = schema;
  for (const part of path) {
    const container: z.ZodType | undefined = type && core(type);
    if (container instanceof z.ZodArray) type = container.element as z.ZodType;
    else if (container instanceof z.ZodObject) type = (container.shape as Record<string, z.ZodType>)[part];
    else if (container instanceof z.ZodRecord) type = container.valueType as z.ZodType;
    else return undefined;
  }
  return type;
}

/** The type of what is written: without defaults, without being optional, before it is made into something else. */
export function core(schema: z.ZodType): z.ZodType {
  for (let type = schema; ;) {
    const inner = unwrapped(type);
    if (inner === undefined) return type;
    type = inner;
  }
}

function unwrapped(type: z.ZodType): z.ZodType | undefined {
  if (type instanceof z.ZodPipe) return type.in as z.ZodType;
  const wraps = type instanceof z.ZodOptional || type instanceof z.ZodDefault || type instanceof z.ZodPrefault;
  return wraps ? (type.unwrap() as z.ZodType) : undefined;
}

export function descriptionOf(schema: z.ZodType | undefined): string | undefined {
  for (let type = schema; type !== undefined; type = unwrapped(type)) {
    if (type.description !== undefined) return type.description;
  }
  return undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
