/** Stack config as documents show it, made whole, so that the program's own parser can judge it. */
import { parseDocument } from "yaml";
import { z } from "zod";
import { parseStackConfig } from "../../infra/config/parse.ts";
import { formatProblem } from "../../infra/config/validation/problem.ts";
import type { Document } from "./markdown.ts";

type Config = Readonly<Record<string, unknown>>;

const ELLIPSIS = "…";
const anyObject = z.record(z.string(), z.unknown());

/**
 * What is wrong with the yaml of a document, as a list of sentences. A snippet shows a part of a config: what it leaves
 * out comes from the snippets before it, and what nobody has shown is filled in. Those that hold no key of the stack
 * config only have to be YAML.
 */
export function snippetProblems({ fences }: Pick<Document, "fences">): string[] {
  let before: Config = {};
  return fences.flatMap(({ language, text }) => {
    if (language !== "yaml" && language !== "yml") return [];
    const parsed = parseDocument(text);
    if (parsed.errors.length > 0) return parsed.errors.map(({ message }) => message);
    const config = stackConfig(parsed.toJS());
    if (config === undefined) return [];
    before = { ...before, ...config };
    return configProblems({ ...REST, ...before, ...config });
  });
}

const REST: Config = {
  pools: [{ name: "esddns-pool", addresses: ["192.168.1.100-192.168.1.110"] }],
  image: { reference: `registry.example.com/esddns@sha256:${"0".repeat(64)}` },
};

/** By key, without `esddns:`; undefined where it is no stack config. */
function stackConfig(value: unknown): Config | undefined {
  const object = anyObject.safeParse(value);
  if (!object.success) return undefined;
  const inner = anyObject.safeParse(object.data["config"]);
  const entries = Object.entries(inner.success ? inner.data : object.data);
  const mine = entries.flatMap(([key, each]) => (key.startsWith("esddns:") ? [[key.slice(7), each] as const] : []));
  return mine.length === 0 ? undefined : Object.fromEntries(mine);
}

function configProblems(config: Config): string[] {
  const secretKeys = new Set<string>();
  const raw = Object.fromEntries(Object.entries(config).map(([key, value]) => [key, revealed(value, key, secretKeys)]));
  const parsed = parseStackConfig(raw, { stack: "production", secretKeys });
  return parsed.ok ? [] : parsed.problems.map(formatProblem);
}

/** `{ secure: … }` is what Pulumi writes in the place of a secret; the program is handed what it stands for. */
function revealed(value: unknown, key: string, secretKeys: Set<string>): unknown {
  if (Array.isArray(value)) return value.map((each) => revealed(each, key, secretKeys));
  const object = anyObject.safeParse(value);
  if (!object.success) return typeof value === "string" ? meant(value) : value;
  if (Object.keys(object.data).join() === "secure") {
    secretKeys.add(key);
    return "a-secret-of-the-documents";
  }
  return Object.fromEntries(Object.entries(object.data).map(([name, each]) => [name, revealed(each, key, secretKeys)]));
}

/** An address for documents (RFC 5737) stands for one that the internet reaches, an ellipsis for a digest. */
function meant(text: string): string {
  return text.replace(`sha256:${ELLIPSIS}`, DIGEST).replace(/^198\.51\.100\./, "9.9.9.");
}

const DIGEST = `sha256:${"0".repeat(64)}`;
