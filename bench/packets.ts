/** Packets between the nodes and the internet, counted by rules of the home router that are gone afterwards. */
import { addRules, inPrefix, lan, nodes, readWan, removeRules, type Rule, shellOnHost, WAN_LINK } from "@esddns/lab";

export interface Packets {
  readonly name: string;
  readonly out: number;
  readonly back: number;
  readonly bytes: number;
}

interface Counter {
  readonly rule: Rule;
  readonly who: string;
  readonly way: "out" | "back";
}

/** Whatever is not of a node, but asked by it: its pods' names are looked up by the router. */
const RESOLVER = "the router, for names";

/**
 * Counts for as long as `wait` takes. Pods leave under their node's address, so a row is a node with all its pods; behind
 * the mangle table's FORWARD the router's own translation is undone or not yet done.
 */
export async function countPackets(wait: () => Promise<void>): Promise<Packets[]> {
  const { prefix } = await readWan();
  const counters = [
    ...nodes.flatMap((node) => ofNode(node.name, node.ipv4, inPrefix(prefix, node.ipv6))),
    ...ofNames(),
  ];
  const rules = counters.map(({ rule }) => rule);
  try {
    await addRules(rules);
    await wait();
    const counted = await read();
    return [...new Set(counters.map(({ who }) => who))].map((name) => {
      const mine = counters.filter(({ who }) => who === name).map((one) => ({ ...one, ...counted(one.rule) }));
      const packets = (way: Counter["way"]): number =>
        total(mine.filter((one) => one.way === way).map((one) => one.packets));
      return { name, out: packets("out"), back: packets("back"), bytes: total(mine.map((one) => one.bytes)) };
    });
  } finally {
    await removeRules(rules);
  }
}

function ofNode(who: string, ipv4: string, ipv6: string): Counter[] {
  const mine = [
    { program: "iptables", address: `${ipv4}/32` },
    { program: "ip6tables", address: `${ipv6}/128` },
  ] as const;
  return mine.flatMap(({ program, address }) => [
    { who, way: "out", rule: rule(program, `FORWARD -s ${address} -o ${WAN_LINK.router}`) } as const,
    { who, way: "back", rule: rule(program, `FORWARD -d ${address} -i ${WAN_LINK.router}`) } as const,
  ]);
}

function ofNames(): Counter[] {
  return (["iptables", "ip6tables"] as const).flatMap((program) => [
    {
      who: RESOLVER,
      way: "out",
      rule: rule(program, `OUTPUT -o ${WAN_LINK.router} -p udp -m udp --dport 53`),
    } as const,
    {
      who: RESOLVER,
      way: "back",
      rule: rule(program, `INPUT -i ${WAN_LINK.router} -p udp -m udp --sport 53`),
    } as const,
  ]);
}

function rule(program: Rule["program"], text: string): Rule {
  return { host: lan.router.name, program, table: "mangle", rule: text };
}

/** What the rules have counted, by `[packets:bytes] -A RULE` of iptables-save. */
async function read(): Promise<(rule: Rule) => { packets: number; bytes: number }> {
  const saved = {
    iptables: await shellOnHost(lan.router.name, "iptables-save -c -t mangle"),
    ip6tables: await shellOnHost(lan.router.name, "ip6tables-save -c -t mangle"),
  };
  return ({ program, rule: text }) => {
    const line = saved[program].split("\n").find((one) => one.endsWith(`] -A ${text}`));
    const [, packets, bytes] = /^\[(\d+):(\d+)\]/.exec(line ?? "") ?? [];
    if (packets === undefined || bytes === undefined) throw new Error(`${program} does not have the rule ${text}`);
    return { packets: Number(packets), bytes: Number(bytes) };
  };
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
