/** Reads the words of `npm run destroy -- STACK` into a request. Pure. */
import { readWords, stackProblem } from "../arguments.ts";

export interface DestroyRequest {
  readonly stack: string;
  readonly abandonRecords: boolean;
  readonly yes: boolean;
}

export type DestroyArguments =
  { kind: "help" } | { kind: "wrong"; problems: readonly string[] } | { kind: "destroy"; request: DestroyRequest };

export const destroyHelp = `Takes a stack away: first its records, while the operator that answers for them still runs, then all the rest.

  npm run destroy -- STACK [options]

  --abandon-records  records with deletionPolicy Delete stay at Gandi; for when no operator runs any more
  --yes, -y          do not ask; needed without a terminal
  --help, -h         this text

With esddns:keepOnDestroy, MetalLB and the custom resource definitions stay; without, they go, unless another stack
uses them: then nothing is done, and what is in the way is named. Config, state and secrets of the stack stay.

Exit status: 0 it is gone · 1 the destroy failed · 2 arguments are wrong · 3 refused, with the reason · 5 the answer was no
`;

const options = {
  "abandon-records": { type: "boolean" },
  yes: { type: "boolean", short: "y" },
  help: { type: "boolean", short: "h" },
} as const;

export function parseDestroy(argv: readonly string[]): DestroyArguments {
  const { positionals, flags, problems: words } = readWords(argv, options);
  if (flags.has("help")) return { kind: "help" };
  const [stack, ...more] = positionals;
  const wrongStack = stackProblem(stack);
  const problems = [
    ...words,
    ...(wrongStack === undefined ? [] : [wrongStack]),
    ...(more.length === 0 ? [] : [`${more.join(" ")}: takes one stack at a time`]),
  ];
  if (stack === undefined || problems.length > 0) return { kind: "wrong", problems };
  return { kind: "destroy", request: { stack, abandonRecords: flags.has("abandon-records"), yes: flags.has("yes") } };
}
