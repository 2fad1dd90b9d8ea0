/** What the benches need of the lab: that it runs, and that nobody else changes it meanwhile. */
import { parseArgs } from "node:util";
import { kubectl, LabError, lan, messageOf, namespaceMounts, namespaceOf, takeLock, UsageError } from "@esddns/lab";

/** Of the lab's own stack. */
export const namespace = "esddns-development";

/** Runs a bench to its end; its problems become one line, and the exit status 1, or 2 for a wrong command line. */
export async function bench(verb: string, measure: () => Promise<boolean>): Promise<void> {
  try {
    if (!namespaceMounts().has(namespaceOf(lan.router.name))) {
      throw new LabError(`The lab is not up; ${verb} measures on it.`, { hint: "npm run lab" });
    }
    await takeLock(verb);
    process.exitCode = (await measure()) ? 0 : 1;
  } catch (error) {
    const hint = error instanceof LabError && error.hint !== undefined ? `\nLook at: ${error.hint}` : "";
    process.stderr.write(`${messageOf(error)}${hint}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}

/** `--name N` of the command line, each within its bounds. @throws {UsageError} naming what would be right. */
export function numbers<Name extends string>(
  known: Readonly<Record<Name, { otherwise: number; least: number; most: number }>>,
): Record<Name, number> {
  const names = Object.keys(known) as Name[];
  const options = Object.fromEntries(names.map((name) => [name, { type: "string" as const }]));
  const given = parse(options, names);
  return Object.fromEntries(
    names.map((name) => {
      const { otherwise, least, most } = known[name];
      const value = Number(given[name] ?? otherwise);
      if (value >= least && value <= most) return [name, value];
      throw new UsageError(
        `--${name} takes a number from ${least} to ${most}, not "${String(given[name])}"`,
        usage(names),
      );
    }),
  ) as Record<Name, number>;
}

function parse(
  options: Record<string, { type: "string" }>,
  names: readonly string[],
): Partial<Record<string, string | boolean>> {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    throw new UsageError(messageOf(error), usage(names));
  }
}

function usage(names: readonly string[]): string {
  return names.map((name) => `--${name} N`).join(" ");
}

export async function kubeJson<T>(...args: string[]): Promise<T> {
  return JSON.parse(await kubectl(...args, "-o", "json")) as T;
}

export function print(line = ""): void {
  process.stdout.write(`${line}\n`);
}
