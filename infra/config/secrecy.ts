/** Which keys the user can store encrypted, and how messages hide their values. */
import { describeRange, parseRange, parseSingle } from "@esddns/common/ip";
import { factsOf, RESOURCE_NAMES, type Secrecy } from "./keyFacts.ts";
import { DEFAULT_NAMESPACE } from "./keys/metallb/schema.ts";
import { namesIn } from "./values/dnsNames.ts";
import { formatPath, quote, type Problem } from "./validation/problem.ts";
import { keys } from "./schema.ts";

/** The behaviour of each key: keyFacts.ts. */
export const secrecy: Readonly<Record<string, Secrecy>> = Object.fromEntries(
  Object.entries(keys).map(([key, schema]) => [key, factsOf(schema).encrypted]),
);

/** `metallb`: the section as it is written, of which only the namespace cannot be encrypted; undefined if not known. */
export function encryptedProblems(
  { secretKeys, stack }: { readonly secretKeys: ReadonlySet<string>; readonly stack: string },
  metallb: unknown,
): Problem[] {
  const refused = Object.entries(secrecy).flatMap(([key, of]) =>
    of !== "secret" && secretKeys.has(key) ? [problem([key], of.refused, stack)] : [],
  );
  const namespace = member(metallb, "namespace");
  return [
    ...refused,
    ...(secretKeys.has("metallb") && namespace !== undefined && namespace !== DEFAULT_NAMESPACE
      ? [problem(["metallb", "namespace"], `the namespace is part of ${RESOURCE_NAMES}`, stack)]
      : []),
  ];
}

function problem(path: Problem["path"], why: string, stack: string): Problem {
  const [key = ""] = path;
  const wrong = `${path.length > 1 ? `esddns:${key} is` : "is"} stored encrypted, and ${why}`;
  const right = `Write it as plain text: replace what stands as "secure: …" below ${formatPath([key])} in Pulumi.${stack}.yaml.`;
  return { path, wrong, right };
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (Reflect.get(value, name) as unknown) : undefined;
}

/** The texts and numbers in `secrets`, except those that are in `known` as plain text, too. */
export function hiddenValues(secrets: readonly unknown[], known: readonly unknown[]): string[] {
  const shown = new Set(known.flatMap(leavesOf));
  return [...new Set(secrets.flatMap(leavesOf))].filter((leaf) => !shown.has(leaf));
}

/** The names in an encrypted `bgp`: they are resource names. */
export function bgpNames(bgp: unknown): unknown[] {
  return ["peers", "advertisements"].flatMap((list) => {
    const items = member(bgp, list);
    return Array.isArray(items) ? items.map((item) => member(item, "name")) : [];
  });
}

/** Replaces every one of `leaves` in a text by `[secret]`, also if it is quoted or spelt differently. */
export function redactor(leaves: readonly string[]): (text: string) => string {
  const quoted = leaves.map((leaf) => quote(leaf));
  // Shorter ones would break up ordinary words. Pulumi's own filter has the same limit.
  const plain = [...new Set(leaves.flatMap(spellings))].filter((text) => text.length >= 3 && !SWITCHES.has(text));
  const longestFirst = [...plain].sort((a, b) => b.length - a.length).map(escaped);
  if (leaves.length === 0) return (text) => text;
  const anywhere =
    longestFirst.length === 0 ? undefined : new RegExp(`(?<!\\w)(?:${longestFirst.join("|")})(?!\\w)`, "gi");
  return (text) => {
    const unquoted = quoted.reduce((rest, each) => rest.replaceAll(each, "[secret]"), text);
    return anywhere === undefined ? unquoted : unquoted.replaceAll(anywhere, "[secret]");
  };
}

const SWITCHES = new Set(["true", "false"]);

/** The texts and numbers in a value. */
function leavesOf(value: unknown): string[] {
  if (typeof value === "string") return value === "" ? [] : [value];
  if (typeof value === "number") return [String(value)];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(leavesOf) : [];
}

/** The spellings that a message may use. Messages write addresses in their canonical form, and only the host of a URL. */
function spellings(text: string): string[] {
  return [text, ...text.split(",")].flatMap((part) => {
    const address = parseSingle(part.trim());
    const range = parseRange(part.trim());
    return [
      part.trim(),
      ...namesIn(part),
      ...(address ? [address.canonical, describeRange(address)] : []),
      ...(range.ok ? [range.range.canonical, describeRange(range.range)] : []),
    ];
  });
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
