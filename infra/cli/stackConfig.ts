/** Computes what a deploy changes in a stack's config, and checks the result. Pure. */
import { z } from "zod";
import { parseStackConfig, type StackConfig } from "../config/parse.ts";
import { formatProblem, type Problem } from "../config/validation/problem.ts";
import type { Key } from "../config/schema.ts";
import { secrecy } from "../config/secrecy.ts";
import { shortName } from "./arguments.ts";
import type { DeployRequest } from "./deploy/arguments.ts";

/** The output of `pulumi config --json`. A secret has no value in it. */
export const storedConfig = z.record(
  z.string(),
  z.object({ value: z.string().optional(), objectValue: z.unknown().optional(), secret: z.boolean().optional() }),
);

export type StoredConfig = z.output<typeof storedConfig>;

export type DeployConfig =
  | { ok: true; changes: Readonly<Record<string, unknown>>; config: StackConfig; hasToken: boolean }
  | { ok: false; problems: readonly string[] };

const POOL_NAME = "esddns-pool";

/**
 * Applies the request to the config. `token` says that a token is about to be stored. `changes` has the changed keys,
 * without `esddns:`.
 */
export function deployConfig(
  stored: StoredConfig,
  request: Pick<DeployRequest, "stack" | "ranges" | "image" | "adopt">,
  token: boolean,
): DeployConfig {
  const { raw, secretKeys } = readStored(stored);
  const pools = changedPools(raw["pools"], request.ranges);
  if ("problem" in pools) return { ok: false, problems: [pools.problem] };
  const changes = {
    ...pools.changes,
    ...(request.adopt && raw["shared"] !== "adopt" ? { shared: "adopt", ...withoutChart(raw["metallb"]) } : {}),
    ...(request.image === undefined ? {} : { image: { reference: request.image } }),
  };
  if (token) {
    raw["gandiToken"] = HIDDEN;
    secretKeys.add("gandiToken");
  }
  const parsed = parseStackConfig({ ...raw, ...changes }, { stack: shortName(request.stack), secretKeys });
  if (!parsed.ok) return { ok: false, problems: unlessHidden(parsed.problems, raw, request.stack) };
  return { ok: true, changes, config: parsed.config, hasToken: parsed.config.token.kind !== "none" };
}

/**
 * Returns the config of a stack from the output of `pulumi config --json`. Undefined if it is invalid: the preview
 * names the problems.
 */
export function readConfig(stored: StoredConfig, stack: string): StackConfig | undefined {
  const { raw, secretKeys } = readStored(stored);
  const parsed = parseStackConfig(raw, { stack: shortName(stack), secretKeys });
  return parsed.ok ? parsed.config : undefined;
}

/** Replaces a secret that is not shown. Every key that may hold a secret accepts this form. */
export const HIDDEN = "https://hidden.invalid/not-shown";

/** Leaves out problems with hidden values, which cannot be checked: Pulumi decrypts only for stacks that it knows. */
function unlessHidden(problems: readonly Problem[], raw: Readonly<Record<string, unknown>>, stack: string): string[] {
  // Other keys must not be encrypted at all.
  const isHidden = (key: string) => secrecy[key as Key] === "secret" && holdsHidden(raw[key]);
  const told = problems.map((problem) => {
    const [key] = problem.path;
    if (typeof key !== "string" || !isHidden(key)) return formatProblem(problem);
    return `esddns:${key}: cannot be decrypted while the backend does not know the stack. Make it first: pulumi stack init ${stack}`;
  });
  return [...new Set(told)];
}

function holdsHidden(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return value === HIDDEN;
  return Object.values(value).some(holdsHidden);
}

function readStored(stored: StoredConfig) {
  const raw: Record<string, unknown> = {};
  const secretKeys = new Set<string>();
  for (const [name, { value, objectValue, secret }] of Object.entries(stored)) {
    if (!name.startsWith("esddns:")) continue;
    const key = name.slice("esddns:".length);
    if (secret) secretKeys.add(key);
    if (objectValue !== undefined) raw[key] = objectValue;
    else if (value !== undefined) raw[key] = value;
    // Other keys that are secrets as a whole can be checked only by the program itself, which gets them from Pulumi.
    else if (key === "gandiToken") raw[key] = HIDDEN;
  }
  return { raw, secretKeys };
}

/** Leaves out how to install MetalLB, its version included, which has no meaning when it is adopted. Its namespace stays. */
function withoutChart(metallb: unknown): Record<string, unknown> {
  const read = z.looseObject({ namespace: z.unknown().optional() }).safeParse(metallb);
  if (!read.success) return {};
  return { metallb: read.data.namespace === undefined ? {} : { namespace: read.data.namespace } };
}

const poolList = z.array(z.looseObject({ name: z.string(), addresses: z.array(z.string()) }));

/** Makes the ranges the addresses of the only pool. With several pools it is unclear which one is meant. */
function changedPools(
  stored: unknown,
  ranges: readonly string[],
): { changes: Record<string, unknown> } | { problem: string } {
  if (ranges.length === 0) return { changes: {} };
  const fallback = [{ name: POOL_NAME, addresses: [] }];
  const read = poolList.safeParse(stored ?? fallback);
  // The validation names this problem with all the others.
  if (!read.success) return { changes: {} };
  const [pool, ...more] = read.data.length === 0 ? fallback : read.data;
  if (pool === undefined || more.length > 0) {
    const names = read.data.map(({ name }) => name).join(", ");
    const problem = `RANGE: the stack has several pools (${names}). Leave RANGE out, and change them in the stack config`;
    return { problem };
  }
  if (JSON.stringify(pool.addresses) === JSON.stringify(ranges)) return { changes: {} };
  return { changes: { pools: [{ ...pool, addresses: ranges }] } };
}
