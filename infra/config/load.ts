/** The one place where Pulumi's config is touched. */
import * as pulumi from "@pulumi/pulumi";
import { Guard } from "./guard.ts";
import { Messages } from "./messages.ts";
import { parseStackConfig, type StackConfig } from "./parse.ts";
import { formatProblem } from "./validation/problem.ts";

export interface LoadedConfig extends StackConfig {
  /** Gandi's token as a secret; undefined if the config holds none. */
  readonly gandiToken: pulumi.Output<string> | undefined;
  /** Keeps values of encrypted keys secret in the state, too. */
  readonly guard: Guard;
  readonly messages: Messages;
}

/**
 * The checked stack config. Warnings are logged.
 * @throws pulumi.RunError with every problem; Pulumi prints it without a stack trace.
 */
export function loadConfig(config: pulumi.Config): LoadedConfig {
  const prefix = `${config.name}:`;
  const mine = Object.entries(pulumi.runtime.allConfig()).filter(([key]) => key.startsWith(prefix));
  const secretKeys = new Set(mine.flatMap(([key]) => (isSecretKey(key) ? [key.slice(prefix.length)] : [])));
  const parsed = parseStackConfig(Object.fromEntries(mine.map(([key, value]) => [key.slice(prefix.length), value])), {
    stack: pulumi.getStack(),
    secretKeys,
  });
  if (!parsed.ok) {
    const count = parsed.problems.length === 1 ? "a problem" : `${parsed.problems.length} problems`;
    throw new pulumi.RunError(
      [`The stack config has ${count}:`, ...parsed.problems.map((problem) => `  - ${formatProblem(problem)}`)].join(
        "\n",
      ),
    );
  }
  const messages = new Messages(parsed.hidden);
  for (const warning of parsed.warnings) void messages.warn(warning);
  if (pulumi.runtime.isDryRun()) for (const size of poolSizes(parsed.config.pools)) void messages.info(size);
  const gandiToken = requireToken(config, parsed.config, messages);
  return { ...parsed.config, gandiToken, guard: new Guard(secretKeys), messages };
}

/** `The pool esddns-pool has 11 addresses: 192.168.1.100-192.168.1.110.` */
function poolSizes(pools: Pick<StackConfig, "pools">["pools"]): string[] {
  return pools.map(({ name, capacity, addresses }) => {
    const count = capacity === 1n ? "one address" : `${capacity} addresses`;
    return `The pool ${name} has ${count}: ${addresses.map(({ canonical }) => canonical).join(", ")}.`;
  });
}

/** Whether a key, with its namespace, is stored encrypted. */
export function isSecretKey(key: string): boolean {
  // The SDK leaves this function out of its types; there is no other way to ask.
  return (pulumi.runtime as unknown as { isConfigSecret(key: string): boolean }).isConfigSecret(key);
}

/** A run without a token must not get as far as the Secret that holds one. */
function requireToken(
  config: pulumi.Config,
  parsed: StackConfig,
  messages: Messages,
): pulumi.Output<string> | undefined {
  if (parsed.token.kind === "config") return config.requireSecret("gandiToken").apply((token) => token.trim());
  if (parsed.token.kind === "secret") return undefined;
  const missing =
    "esddns:gandiToken: there is no token for Gandi. " +
    "Store it with: pulumi config set --secret gandiToken (or name a Secret that holds it: esddns:gandiTokenSecret).";
  if (!pulumi.runtime.isDryRun()) throw messages.refusal(missing);
  void messages.warn(`${missing} pulumi up will not start without it.`);
  return undefined;
}
