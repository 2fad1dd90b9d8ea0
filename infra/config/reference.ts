/** The stack config as a document: every key with its type, default and description, from the schema. Pure. */
import { z } from "zod";
import { labelSelector } from "./values/selectors.ts";
import { factsOf } from "./keyFacts.ts";
import { keys, type Key } from "./schema.ts";
import { secrecy } from "./secrecy.ts";
import { core, descriptionOf } from "./validation/shape.ts";

/** A row of a table. `path` is relative to its section: `addresses`, `peers[].name`. */
export interface Entry {
  readonly path: string;
  readonly type: string;
  /** The default, as it is written in the config; "required" if the key has none and must be set. */
  readonly fallback: string;
  readonly description: string;
}

/** The descriptions of the keys in Pulumi.yaml. */
type Described = Readonly<Partial<Record<Key, string>>>;

const names = Object.keys(keys) as Key[];

/** The page of all keys and their sections, in Markdown. */
export function configReference(described: Described): string {
  const top = names.map((name) => keyEntry(name, described, { sections: "", guides: "" }));
  const sections = names.flatMap((name) => {
    const entries = entriesOf(keys[name]);
    return entries.length === 0 ? [] : [`## ${code(name)}\n\n${table(entries.map(withCode))}`];
  });
  const selectors = `## Label selectors\n\n${SELECTORS}\n\n${table(entriesOf(labelSelector).map(withCode))}`;
  return [INTRODUCTION, table(top), ...sections, selectors, encryption(), ""].join("\n\n");
}

/** The table of keys for the README, in Markdown: without types and sections, which are on the page. */
export function keyTable(described: Described): string {
  const links = { sections: "docs/configuration.md", guides: "docs/" };
  const rows = names.map((name) => keyEntry(name, described, links));
  const lines = rows.map(({ path, description, fallback }) => [path, description, fallback]);
  return markdownTable([["key", "what it is", "default"], ["---", "---", "---"], ...lines]);
}

/** `links`: what precedes the anchors of sections, and the names of guides. */
function keyEntry(
  name: Key,
  described: Described,
  links: { readonly sections: string; readonly guides: string },
): Entry {
  const entry = entryOf(name, keys[name]);
  const { guide, undeclared } = factsOf(keys[name]);
  const given = described[name] ?? undeclared;
  // The guide is linked; Pulumi.yaml can only name its file.
  const description = given === undefined ? entry.description : escaped(given.replace(/, docs\/[\w-]+\.md/, ""));
  const section = `${links.sections}#${name.toLowerCase()}`;
  return {
    ...entry,
    path: entriesOf(keys[name]).length > 0 ? `[${code(name)}](${section})` : code(name),
    description: guide === undefined ? description : `${ended(description)} [Guide](${links.guides}${guide}).`,
  };
}

/** Which keys may be stored encrypted, and what that does. */
function encryption(): string {
  const behaviours = Object.entries(secrecy);
  const taken = behaviours.flatMap(([key, of]) => (of === "secret" ? [code(key)] : []));
  const refused = behaviours.flatMap(([key, of]) => (of === "secret" ? [] : [`| ${code(key)} | ${of.refused} |`]));
  const kept = `What comes of ${taken.join(", ")} is a secret then.`;
  return [
    `## Encrypted values\n\n${ENCRYPTION}`,
    kept,
    EXCEPT,
    ["| refused | why |", "| --- | --- |", ...refused].join("\n"),
  ].join("\n\n");
}

/** Every leaf that a key's value can hold; none for a value without parts. */
export function entriesOf(schema: z.ZodType, prefix = ""): Entry[] {
  const type = core(schema);
  if (type instanceof z.ZodArray) {
    const element = type.element as z.ZodType;
    return isSelector(element) ? [] : entriesOf(element, prefix === "" ? "" : prefix.replace(/\.$/, "[]."));
  }
  if (!(type instanceof z.ZodObject)) return [];
  return Object.entries(type.shape as Record<string, z.ZodType>).flatMap(([name, member]) => {
    const inner = entriesOf(member, `${prefix}${name}.`);
    return inner.length > 0 ? inner : [entryOf(`${prefix}${name}`, member)];
  });
}

/** Whether there is a key of this dotted path: `metallb.namespace`, `pools[0].name`. */
export function isKnown(path: string): boolean {
  const [key = "", ...parts] = path.replaceAll(/\[\d*\]/g, "").split(".");
  let schema: z.ZodType | undefined = Object.hasOwn(keys, key) ? keys[key as Key] : undefined;
  for (const part of parts) {
    let type: z.ZodType | undefined = schema && core(schema);
    while (type instanceof z.ZodArray) type = core(type.element as z.ZodType);
    if (type instanceof z.ZodRecord) return true;
    const shape = type instanceof z.ZodObject ? (type.shape as Record<string, z.ZodType>) : {};
    schema = Object.hasOwn(shape, part) ? shape[part] : undefined;
  }
  return schema !== undefined;
}

const INTRODUCTION = `# Configuration

<!-- Written by npm run docs; edit Pulumi.yaml and infra/config instead. -->

Every key of the stack config, as \`Pulumi.STACK.yaml\` holds them under \`config:\`, each with \`esddns:\` before it. A list of
\`{ … }\` has the keys of its section in every entry. All of it is checked before anything is touched, and every problem is
reported at once, with its key, what is wrong and what would be right; a key that is not here is one. A key that is empty
(\`""\`, \`{}\`, \`[]\`) counts as left out, but for \`l2\`.

\`pulumi config set --path 'esddns:service.address' 192.168.1.100\` sets one value; secrets are set with \`--secret\`.`;

const SELECTORS =
  "Labels of nodes, namespaces or Services, as Kubernetes has them. All parts of one selector must hold; of a list, one.";

const ENCRYPTION = `\`pulumi config set --secret KEY\` stores a key encrypted, and with \`--path\` a value in it. Pulumi tells the program only that
something in the key is encrypted. So everything that comes of the key is a secret: in the inputs and outputs of resources in the state, in
previews, where it is \`[secret]\`, and in the stack's outputs (\`loadBalancerIp\` and \`statusUrl\` of \`service\`, \`operatorImage\` of
\`image\`, \`metallb\`). No message quotes it. The objects in the cluster hold it as they would otherwise.

An earlier \`up\` may have stored it as plain text. Run \`pulumi up --refresh\` after you encrypt a key: the outputs of resources are then
read again. The backend's history keeps the older states: change a password that they hold.`;

const EXCEPT = `Names, ids and URNs, and which resources there are, cannot be secrets in Pulumi. Of an encrypted \`bgp\` the
names of peers and advertisements stay readable. \`metallb\` is taken with its default \`namespace\`.`;

function entryOf(path: string, schema: z.ZodType): Entry {
  return {
    path,
    type: typeName(schema),
    fallback: fallbackOf(schema),
    description: escaped(withoutType(descriptionOf(schema) ?? "")),
  };
}

function typeName(schema: z.ZodType): string {
  const type = core(schema);
  if (type instanceof z.ZodEnum) return type.options.map((each) => code(String(each))).join(" or ");
  if (type instanceof z.ZodBoolean) return "`true` or `false`";
  if (type instanceof z.ZodNumber) return `number${bounds(type)}`;
  if (type instanceof z.ZodArray) return listName(type.element as z.ZodType);
  if (type instanceof z.ZodObject) return "`{ … }`";
  if (type instanceof z.ZodRecord) return "`{ name: value }`";
  return "text";
}

function listName(element: z.ZodType): string {
  if (isSelector(element)) return "list of [label selectors](#label-selectors)";
  return `list of ${typeName(element)}`;
}

/** `, 1 to 65535`; empty if the bounds are only those of whole numbers. */
function bounds({ minValue, maxValue }: z.ZodNumber): string {
  const least = minValue ?? Number.MIN_SAFE_INTEGER;
  const most = maxValue ?? Number.MAX_SAFE_INTEGER;
  if (least > Number.MIN_SAFE_INTEGER && most < Number.MAX_SAFE_INTEGER) return `, ${least} to ${most}`;
  return least > Number.MIN_SAFE_INTEGER ? `, from ${least}` : "";
}

/** The default as JSON has it, which YAML takes, too. */
function fallbackOf(schema: z.ZodType): string {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodPrefault) return "";
  if (!(schema instanceof z.ZodDefault)) return "required";
  const value: unknown = schema.def.defaultValue;
  if (Array.isArray(value)) return value.length === 0 ? "" : code(`[${value.join(", ")}]`);
  if (typeof value === "object" && value !== null)
    return Object.keys(value).length === 0 ? "" : code(JSON.stringify(value));
  return code(typeof value === "string" ? (value === "" ? '""' : value) : String(value));
}

function isSelector(schema: z.ZodType): boolean {
  return core(schema) === labelSelector;
}

function table(rows: readonly Entry[]): string {
  const lines = rows.map(({ path, type, fallback, description }) => [path, type, fallback, description]);
  return markdownTable([["key", "type", "default", "what it is"], ["---", "---", "---", "---"], ...lines]);
}

function markdownTable(rows: readonly (readonly string[])[]): string {
  return rows.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function withCode(entry: Entry): Entry {
  return { ...entry, path: code(entry.path) };
}

/** Messages of the parser begin with the values that may be written. Here these have a column of their own. */
function withoutType(text: string): string {
  return text.replace(/^true or false: (.)/, (_, first: string) => first.toUpperCase());
}

/** Escapes Markdown's own signs. */
function escaped(text: string): string {
  return text.replaceAll(/[|*_<>]/g, "\\$&");
}

function ended(sentence: string): string {
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}

function code(text: string): string {
  return `\`${text}\``;
}
