/** Firewall rules that troubles add and take away, one by one, beside those that are the lab's own. */
import { shellOnHost } from "../machine/run.ts";

export interface Rule {
  readonly host: string;
  readonly program: "iptables" | "ip6tables";
  readonly table: "nat" | "mangle";
  /** Chain, matches and target, as after `-A`. */
  readonly rule: string;
}

export async function addRules(rules: readonly Rule[]): Promise<void> {
  await perHost(rules, (rule) => `${command(rule, "-C")} 2>/dev/null || ${command(rule, "-A")}`);
}

export async function removeRules(rules: readonly Rule[]): Promise<void> {
  await perHost(rules, (rule) => `while ${command(rule, "-D")} 2>/dev/null; do :; done`);
}

async function perHost(rules: readonly Rule[], script: (rule: Rule) => string): Promise<void> {
  for (const host of new Set(rules.map((rule) => rule.host))) {
    const own = rules.filter((rule) => rule.host === host);
    await shellOnHost(host, own.map(script).join("\n"));
  }
}

function command({ program, table, rule }: Rule, verb: string): string {
  return `${program} -w -t ${table} ${verb} ${rule}`;
}
