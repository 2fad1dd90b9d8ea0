/** Reads the words of the lab's command line into one command. Pure. */
import { parseArgs } from "node:util";
import { parseWanIpv4, parseWanPrefix } from "./network/address.ts";
import { UsageError } from "./errors.ts";
import { hostNames, nodes } from "./network/hosts.ts";

export type Command =
  | {
      readonly verb: "up";
      readonly kubernetes: string | undefined;
      readonly metallb: string | undefined;
      readonly nodes: number | undefined;
    }
  | { readonly verb: "down" | "status" | "help" }
  | { readonly verb: "wan"; readonly ipv4: string; readonly prefix: string | undefined }
  | { readonly verb: "bgp"; readonly on: boolean | undefined }
  | { readonly verb: "trouble"; readonly name: string | undefined; readonly on: boolean }
  | { readonly verb: "exec"; readonly host: string; readonly argv: readonly [string, ...string[]] }
  | { readonly verb: "kubectl" | "pulumi" | "deploy" | "destroy" | "doctor"; readonly args: readonly string[] }
  | { readonly verb: "prometheus"; readonly lasting: string | undefined }
  | { readonly verb: "logs"; readonly name: string | undefined; readonly follow: boolean };

export const help = `The lab: Kubernetes, MetalLB and this project's stack behind a home router, on this one machine.

  npm run lab                              build and start everything, deploy the stack; again: repair and update
  npm run lab -- --metallb VERSION         the same with another MetalLB, 0.14.8 or 0.16.2, up or down; later runs keep it
  npm run lab -- --nodes 1|2               the same with a cluster of one node or two; later runs keep it
  npm run lab -- --kubernetes VERSION      another Kubernetes, 1.30.14 or 1.36.3; where the lab is down
  npm run lab -- down                      stop and remove everything but the cache of built tools
  npm run lab -- status                    what runs, and the addresses; exit status 0 when all is well
  npm run lab -- wan ADDRESS [PREFIX/64]   the provider gives the router another IPv4 address (and IPv6 prefix)
  npm run lab -- bgp on|off                MetalLB announces the page's address to the router by BGP, too; \`npm run lab\`
                                           keeps it. MetalLB's own BGP is for IPv4, so the page then has no IPv6 address
  npm run lab -- bgp                       the sessions and the routes that the router has
  npm run lab -- trouble [NAME on|off]     a trouble of the internet, on or off; without NAME: what there is, what is on
  npm run lab -- trouble off               all troubles off, as the next \`npm run lab\` does
  npm run lab -- exec HOST COMMAND…        run a command in a host's network
  npm run lab -- kubectl …                 kubectl, as the lab's administrator, on the LAN client
  npm run lab -- pulumi …                  pulumi, on the lab's stack, on the LAN client
  npm run lab -- deploy STACK [RANGE…]     \`npm run deploy\` on the LAN client, for another stack beside the lab's own
  npm run lab -- destroy STACK             \`npm run destroy\` there
  npm run lab -- doctor [NAMESPACE]        \`npm run doctor\` there
  npm run lab -- prometheus [--for 5s]     Prometheus with the stacks' own alerts, until Ctrl-C; --for: alerts do not wait longer
  npm run lab -- logs [-f] [NAME]          the log of a process or a step, -f follows it; without NAME: their names

exec, kubectl, pulumi, deploy, destroy and doctor pass on input, output, signals and exit status, and add nothing of their own.
Hosts: ${hostNames.join(", ")}
`;

/**
 * Returns the command.
 * @throws {UsageError} with what would be right.
 */
export function parseCommand(argv: readonly string[]): Command {
  const [verb = "up", ...args] = argv;
  switch (verb) {
    case "up":
      return upCommand(args);
    case "--kubernetes":
    case "--metallb":
    case "--nodes":
      return upCommand(argv);
    case "down":
    case "status":
      return args[0] === "--help" ? { verb: "help" } : { verb: nothingMore(verb, args) };
    case "wan":
      return wanCommand(args);
    case "bgp":
      return bgpCommand(args);
    case "trouble":
      return troubleCommand(args);
    case "exec":
      return execCommand(args);
    case "kubectl":
    case "pulumi":
    case "deploy":
    case "destroy":
    case "doctor":
      return { verb, args };
    case "prometheus":
      return prometheusVerb(args);
    case "logs":
      return logsCommand(args);
    case "help":
    case "--help":
    case "-h":
      return { verb: "help" };
    default:
      throw new UsageError(
        `"${verb}" is not a verb of the lab; there are up, down, status, wan, bgp, trouble, exec, kubectl, pulumi, deploy, destroy, doctor, prometheus, logs`,
      );
  }
}

function upCommand(args: readonly string[]): Command {
  if (args[0] === "--help") return { verb: "help" };
  const chosen: { kubernetes?: string; metallb?: string; nodes?: number } = {};
  for (let i = 0; i < args.length; i += 2) {
    const [flag, value] = args.slice(i, i + 2);
    if (flag === "--kubernetes" && value !== undefined) chosen.kubernetes = value;
    else if (flag === "--metallb" && value !== undefined) chosen.metallb = value;
    else if (flag === "--nodes" && nodes.some((_, index) => String(index + 1) === value)) chosen.nodes = Number(value);
    else
      throw new UsageError(
        "up takes nothing, a version of Kubernetes (--kubernetes 1.30.14) or of MetalLB (--metallb 0.16.2), a number of nodes (--nodes 1)",
      );
  }
  const { kubernetes, metallb, nodes: count } = chosen;
  return { verb: "up", kubernetes, metallb, nodes: count };
}

function nothingMore<Verb extends string>(verb: Verb, args: readonly string[]): Verb {
  if (args.length > 0) throw new UsageError(`${verb} takes no arguments, but got "${args.join(" ")}"`);
  return verb;
}

function wanCommand(args: readonly string[]): Command {
  const [ipv4, prefix, ...rest] = args;
  if (ipv4 === undefined || rest.length > 0) {
    throw new UsageError(
      "wan takes an IPv4 address and, if that is to change too, an IPv6 prefix: wan 198.51.100.77 2001:db8:200::/64",
    );
  }
  return {
    verb: "wan",
    ipv4: parseWanIpv4(ipv4),
    prefix: prefix === undefined ? undefined : parseWanPrefix(prefix),
  };
}

function bgpCommand(args: readonly string[]): Command {
  const [state, ...rest] = args;
  if (state === undefined) return { verb: "bgp", on: undefined };
  if ((state !== "on" && state !== "off") || rest.length > 0) {
    throw new UsageError(`bgp takes on, off or nothing, but got "${args.join(" ")}"`);
  }
  return { verb: "bgp", on: state === "on" };
}

function troubleCommand(args: readonly string[]): Command {
  const [name, state, ...rest] = args;
  if (name === undefined) return { verb: "trouble", name, on: true };
  if (name === "off" && state === undefined) return { verb: "trouble", name: undefined, on: false };
  if ((state !== "on" && state !== "off") || rest.length > 0) {
    throw new UsageError("trouble takes a name and on or off: trouble stun-liar on", "npm run lab -- trouble");
  }
  return { verb: "trouble", name, on: state === "on" };
}

function execCommand(args: readonly string[]): Command {
  const [host, ...command] = args;
  if (host === undefined)
    throw new UsageError("exec takes a host and a command: exec client curl -s http://192.168.1.100/");
  if (!hostNames.includes(host)) throw new UsageError(`"${host}" is not a host; there are ${hostNames.join(", ")}`);
  const [program, ...rest] = command[0] === "--" ? command.slice(1) : command;
  if (program === undefined) throw new UsageError(`exec ${host} takes a command: exec ${host} ip address`);
  return { verb: "exec", host, argv: [program, ...rest] };
}

function prometheusVerb([flag, lasting, ...rest]: readonly string[]): Command {
  if (flag === undefined) return { verb: "prometheus", lasting: undefined };
  if (flag !== "--for" || lasting === undefined || !/^\d+(ms|s|m|h)$/.test(lasting) || rest.length > 0) {
    throw new UsageError("prometheus takes nothing, or how long an alert's condition must hold: prometheus --for 5s");
  }
  return { verb: "prometheus", lasting };
}

function logsCommand(args: readonly string[]): Command {
  try {
    const options = { follow: { type: "boolean", short: "f", default: false } } as const;
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const [name, ...rest] = positionals;
    if (rest.length > 0) throw new UsageError(`logs takes one name, but got "${positionals.join(" ")}"`);
    if (values.follow && name === undefined) throw new UsageError("logs -f takes the name of the log to follow");
    return { verb: "logs", name, follow: values.follow };
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message);
    throw error;
  }
}
