import { BlockList } from "node:net";
import type { Family } from "../api/index.ts";
import type { Address } from "./address.ts";
import { isIpv4Mapped } from "./address.ts";
import { endsOf, parseRange } from "./ranges.ts";
import { notGloballyReachable } from "./specialPurpose.ts";

/** How many judged addresses are kept. They come from the network, so there may be any number of them. */
const REMEMBERED = 2048;
/** How many sets of rules are kept. A pod uses one or two at a time. */
const RULES_KEPT = 4;

type Judgement = { readonly plausible: true } | { readonly plausible: false; readonly reason: string };

export interface Plausibility {
  /** Judges whether an address can be the WAN address of that family. */
  readonly judge: (address: Address, family: Family) => Judgement;
  /** Judges whether a source may be contacted on that address. */
  readonly mayContact: (address: Address) => Judgement;
  /** Entries of the rules that are no address, range or CIDR. They have no effect, so they are reported. */
  readonly problems: readonly string[];
}

/**
 * Returns the rules of plausibility. An address must be globally reachable by the IANA registries, or in
 * `allowNonGlobal`. A WAN address must also be of the right family and not be `excluded`, which takes precedence over
 * `allowNonGlobal`.
 *
 * The same rules give the same object, which remembers its results: nearly all votes give the same few addresses.
 *
 * @param rules.allowNonGlobal addresses, ranges `a-b` and CIDRs
 * @param rules.excluded the same
 */
export function createPlausibility({ allowNonGlobal, excluded }: Rules): Plausibility {
  return recent(JSON.stringify([allowNonGlobal, excluded]));
}

interface Rules {
  readonly allowNonGlobal: readonly string[];
  readonly excluded: readonly string[];
}

const recent = remembered(RULES_KEPT, (key) => {
  const [allowNonGlobal, excluded] = JSON.parse(key) as [string[], string[]];
  return fromRules({ allowNonGlobal, excluded });
});

/**
 * Returns a function that keeps the last `size` results of `compute` by key. The least recently used one is dropped
 * first.
 */
export function remembered<T>(size: number, compute: (key: string) => T): (key: string) => T {
  const known = new Map<string, T>();
  return (key) => {
    const value = known.get(key) ?? compute(key);
    known.delete(key);
    known.set(key, value);
    const oldest = known.keys().next();
    if (known.size > size && oldest.done !== true) known.delete(oldest.value);
    return value;
  };
}

function fromRules(rules: Rules): Plausibility {
  const problems: string[] = [];
  const allowed = blockList(rules.allowNonGlobal, "allowNonGlobal", problems);
  const excluded = blockList(rules.excluded, "excluded", problems);

  const mayContact = (address: Address): Judgement => {
    const block = notGloballyReachable(address);
    if (block === undefined || isIn(allowed, address)) return { plausible: true };
    return refuse(`${address.text} is not globally reachable: ${block.name}, ${block.block}, ${block.rfc}`);
  };
  const judge = (address: Address, family: Family): Judgement => {
    if (address.family !== family) return refuse(`${address.text} is not an ${family} address`);
    // Never the address of a host, whatever is allowed. A BlockList would treat it as the IPv4 address inside.
    if (isIpv4Mapped(address)) return refuse(`${address.text} is an IPv4-mapped address`);
    if (isIn(excluded, address)) return refuse(`${address.text} is excluded, for instance one of the cluster's own`);
    return mayContact(address);
  };
  const byText = remembered(REMEMBERED, (key) => {
    const [family, own, text] = key.split(" ") as [Family, Family, string];
    return judge({ family: own, text }, family);
  });
  return {
    problems,
    mayContact,
    judge: (address, family) => byText(`${family} ${address.family} ${address.text}`),
  };
}

function refuse(reason: string): Judgement {
  return { plausible: false, reason };
}

function isIn(list: BlockList, address: Address): boolean {
  return list.check(address.text, netFamily(address));
}

function blockList(entries: readonly string[], rule: string, problems: string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) {
    const parsed = parseRange(entry.trim());
    if (parsed.ok) {
      const { first, last } = endsOf(parsed.range);
      list.addRange(first, last, netFamily(parsed.range));
    } else problems.push(`${rule}: ${JSON.stringify(entry)} is no address, range or CIDR`);
  }
  return list;
}

function netFamily({ family }: Pick<Address, "family">): "ipv4" | "ipv6" {
  return family === "IPv4" ? "ipv4" : "ipv6";
}
