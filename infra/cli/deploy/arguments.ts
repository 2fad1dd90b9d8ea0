/** Reads the words of `npm run deploy -- STACK [RANGE…]` into a request. Pure. */
import { parsePoolRange } from "../../config/values/addresses.ts";
import { imageReference } from "../../config/values/fields.ts";
import { quote } from "../../config/validation/problem.ts";
import { readWords, stackProblem } from "../arguments.ts";

export interface DeployRequest {
  readonly stack: string;
  /** The addresses of the stack's pool. Empty: keep those of its config. */
  readonly ranges: readonly string[];
  /** A ready image by digest, in place of the one in the config. */
  readonly image: string | undefined;
  readonly adopt: boolean;
  readonly takeOver: boolean;
  readonly yes: boolean;
  /** How long to wait for page, WAN address and records after the up, in seconds. */
  readonly waitSeconds: number;
}

export type DeployArguments =
  { kind: "help" } | { kind: "wrong"; problems: readonly string[] } | { kind: "deploy"; request: DeployRequest };

export const deployHelp = `Deploys a stack: checks what it needs, sets its config, previews, applies, and looks whether all is well.

  GANDI_API_KEY=… npm run deploy -- STACK [RANGE…] [options]

  STACK          the stack, for instance production; it is made when there is none
  RANGE          addresses for its pool: 192.168.1.100/32, 192.168.1.100-192.168.1.110, 10.0.0.100/28, IPv6 too;
                 left out, the config of the stack stays as it is
  --image REF    a ready image of the operator by digest, name@sha256:…, in place of one that is built here
  --adopt        use the MetalLB and the definitions that the cluster has (esddns:shared: adopt)
  --take-over    the stack's state was lost, or it was renamed: take over its objects as they stand, though others have
                 set their fields
  --wait SECONDS how long to wait for page, WAN address and records in the end; default 120
  --yes, -y      do not ask before applying; without a terminal it never asks
  --help, -h     this text

  GANDI_API_KEY  Gandi's token; it is stored as an encrypted secret of the stack. Needed once, or to change it.
  KUBECONFIG, KUBECTL and all of Pulumi's own variables mean what they mean elsewhere.

Exit status: 0 all is well · 1 preview or up failed · 2 arguments or config are wrong · 3 something that it needs is
missing · 4 applied, but not all is well · 5 not applied, because the answer was no
`;

const options = {
  image: { type: "string" },
  adopt: { type: "boolean" },
  "take-over": { type: "boolean" },
  wait: { type: "string" },
  yes: { type: "boolean", short: "y" },
  help: { type: "boolean", short: "h" },
} as const;

const MAX_WAIT_SECONDS = 3600;

export function parseDeploy(argv: readonly string[]): DeployArguments {
  const { positionals, flags, values, problems: words } = readWords(argv, options);
  if (flags.has("help")) return { kind: "help" };
  const [stack, ...ranges] = positionals;
  const wait = values["wait"] === undefined ? 120 : Number(values["wait"]);
  const image = values["image"];
  const wrongImage = image === undefined ? undefined : imageReference.safeParse(image).error?.issues[0]?.message;
  const wrongWait = !Number.isInteger(wait) || wait < 0 || wait > MAX_WAIT_SECONDS;
  const problems = [
    ...words,
    ...optional(stackProblem(stack)),
    ...ranges.flatMap((range) => {
      const parsed = parsePoolRange(range);
      return parsed.ok ? [] : [`RANGE: ${quote(range)} ${parsed.wrong}. ${parsed.right}`];
    }),
    ...(wrongImage === undefined ? [] : [`--image: ${wrongImage}. Write name@sha256: and 64 hexadecimal digits`]),
    ...(wrongWait ? [`--wait: takes whole seconds, 0 to ${MAX_WAIT_SECONDS}`] : []),
  ];
  if (stack === undefined || problems.length > 0) return { kind: "wrong", problems };
  const given = { adopt: flags.has("adopt"), takeOver: flags.has("take-over"), yes: flags.has("yes") };
  return { kind: "deploy", request: { stack, ranges, image, ...given, waitSeconds: wait } };
}

function optional(problem: string | undefined): string[] {
  return problem === undefined ? [] : [problem];
}
