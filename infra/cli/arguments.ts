/** The words behind `npm run deploy --` and `npm run destroy --`. Pure. */
import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { didYouMean, quote } from "../config/validation/problem.ts";

/** What both commands understand of a command line; options without a value are there or not. */
export interface Words {
  readonly positionals: readonly string[];
  readonly flags: ReadonlySet<string>;
  readonly values: Readonly<Record<string, string>>;
  /** One line for each word that is wrong. */
  readonly problems: readonly string[];
}

/** Every word that does not fit is a problem of its own, so that all are seen at once. */
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

/** `production`, or `organization/production`; the complaint, if any. */
export function stackProblem(stack: string | undefined): string | undefined {
  if (stack === undefined) return "STACK: is missing. Write its name, for instance production";
  if (/^([\w.-]+\/){0,2}[\w.-]{1,100}$/.test(stack)) return undefined;
  return `STACK: ${quote(stack)} is not the name of a stack. Letters, digits, dots, hyphens and underscores`;
}

/** The name without organization and project. */
export function shortName(stack: string): string {
  return stack.split("/").at(-1) ?? stack;
}
