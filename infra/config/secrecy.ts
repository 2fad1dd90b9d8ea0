/** What becomes of a key of the stack config that the user stores encrypted. */
import { describeRange, parseRange, parseSingle } from "@esddns/common/ip";
import { formatPath, quote, type Problem } from "./validation/problem.ts";
import type { Key } from "./schema.ts";

/**
 * `secret`: everything that comes of the key is a secret in the inputs and outputs of resources and in the stack's
 * outputs. `refused`: why that cannot be. Pulumi marks whole keys only: one encrypted value makes its whole key secret.
 */
type Secrecy = "secret" | { readonly refused: string };

const NAMES = "resource names, and Pulumi's state holds names, ids and URNs as plain text";

/** One behaviour for each key. */
export const secrecy: Readonly<Record<Key, Secrecy>> = {
  namespace: { refused: `the namespace is part of ${NAMES}` },
  shared: { refused: "it decides which resources the stack has, and their list is plain text in the state" },
  keepOnDestroy: { refused: "Pulumi's state holds it as plain text, as an option of resources" },
  // But for the namespace that it names: see encryptedProblems.
  metallb: "secret",
  pools: { refused: `the names of pools become ${NAMES}` },
  l2: { refused: `the names of advertisements become ${NAMES}` },
  // But for the names of peers and advertisements: a peer's password must be encrypted, and that marks the whole key.
  bgp: "secret",
  service: "secret",
  records: { refused: `zone and name of a record become ${NAMES}` },
  dryRun: { refused: "the outputs show it: with dryRun no record is ever synced" },
  detection: "secret",
  gandiToken: "secret",
  gandiTokenSecret: "secret",
  gandiTokenExpires: "secret",
  gandiRequestsPerMinute: "secret",
  notify: "secret",
  monitoring: "secret",
  push: "secret",
  image: "secret",
  extraCaCertificates: "secret",
  operator: "secret",
  observeLive: { refused: "the output live repeats it as plain text" },
  // No resource comes of it.
  checks: "secret",
  waitForWanSeconds: "secret",
};

/** `metallb`: what stands under that key, which can be encrypted but for one part; undefined where that is not known. */
export function encryptedProblems(
  { secretKeys, stack }: { readonly secretKeys: ReadonlySet<string>; readonly stack: string },
  metallb: unknown,
): Problem[] {
  const refused = (Object.entries(secrecy) as [Key, Secrecy][]).flatMap(([key, of]) =>
    of !== "secret" && secretKeys.has(key) ? [problem([key], of.refused, stack)] : [],
  );
  const namespace = member(metallb, "namespace");
  return [
    ...refused,
    ...(secretKeys.has("metallb") && namespace !== undefined && namespace !== "metallb-system"
      ? [problem(["metallb", "namespace"], `the namespace is part of ${NAMES}`, stack)]
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

/** The texts and numbers in `secrets` that stand nowhere in `known`, which is plain text anyway. */
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

/** Puts `[secret]` in the place of every one of `leaves` in a text, also where it is quoted or spelt otherwise. */
export function redactor(leaves: readonly string[]): (text: string) => string {
  const quoted = leaves.map((leaf) => quote(leaf));
  // Shorter ones, as in Pulumi's own filter, would take ordinary words to pieces.
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

/** The ways in which a message may write it: messages name addresses in their shortest form. */
function spellings(text: string): string[] {
  return [text, ...text.split(",")].flatMap((part) => {
    const address = parseSingle(part.trim());
    const range = parseRange(part.trim());
    return [
      part.trim(),
      ...(address ? [address.canonical, describeRange(address)] : []),
      ...(range.ok ? [range.range.canonical, describeRange(range.range)] : []),
    ];
  });
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
