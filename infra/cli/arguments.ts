/** Reads the words behind `npm run deploy --` and `npm run destroy --`. Pure. */
import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { didYouMean, quote } from "../config/validation/problem.ts";

/** The parts of a command line that both commands read. An option without a value is present or absent. */
export interface Words {
  readonly positionals: readonly string[];
  readonly flags: ReadonlySet<string>;
  readonly values: Readonly<Record<string, string>>;
  /** One line for each wrong word. */
  readonly problems: readonly string[];
}

/** Reads the words. Every wrong word is a problem of its own, so that the user sees all of them at once. */
export function readWords(argv: readonly string[], options: ParseArgsOptionsConfig): Words {
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, tokens: true });
  const positionals: string[] = [];
  const flags = new Set<string>();
  const values: Record<string, string> = {};
  const problems: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    const { name, rawName, value } = token;
    const known = Object.hasOwn(options, name) ? options[name] : undefined;
    if (known === undefined) {
      const candidates = Object.keys(options).map((each) => `--${each}`);
      problems.push(`${rawName}: there is no such option.${didYouMean(rawName, candidates)}`);
    } else if (known.type === "boolean") {
      if (value === undefined) flags.add(name);
      else problems.push(`${rawName}: takes no value, but got ${quote(value)}`);
    } else if (value === undefined || value === "") problems.push(`${rawName}: takes a value`);
    else values[name] = value;
  }
  return { positionals, flags, values, problems };
}

/** Checks `production` or `organization/production`. Returns what is wrong, if anything is. */
export function stackProblem(stack: string | undefined): string | undefined {
  if (stack === undefined) return "STACK: is missing. Write its name, for instance production";
  if (/^([\w.-]+\/){0,2}[\w.-]{1,100}$/.test(stack)) return undefined;
  return `STACK: ${quote(stack)} is not the name of a stack. Letters, digits, dots, hyphens and underscores`;
}

/** Returns the name without organization and project. */
export function shortName(stack: string): string {
  return stack.split("/").at(-1) ?? stack;
}
