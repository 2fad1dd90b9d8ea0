/**
 * The conditions that should be met before people depend on the stack. Each item names the checks that prove it. Pure.
 */
import type { CheckName, Line } from "../checks/checks.ts";

interface Item {
  readonly text: string;
  readonly checks: readonly CheckName[];
  /** A question that only a person can answer. */
  readonly ask?: string;
}

const ITEMS: readonly Item[] = [
  {
    text: "MetalLB is installed and well",
    checks: ["Cluster", "MetalLB's pods", "MetalLB's webhook", "MetalLB's configuration"],
  },
  { text: "There is an address pool with free addresses", checks: ["Address pools", "Free addresses"] },
  { text: "The pools are advertised", checks: ["Advertisement", "Excluded nodes", "BGP sessions"] },
  {
    text: "Whoever runs the network knows of the addresses",
    checks: [],
    ask: "Are the pools' addresses left out of DHCP and written down where addresses are?",
  },
  {
    text: "Firewalls let people through to the address",
    checks: ["Page"],
    ask: "Only this machine has been tried. Does it answer those who are to see it, and nobody else?",
  },
  { text: "Gandi's token is right", checks: ["Gandi's token"] },
  { text: "The LoadBalancer address is assigned", checks: ["LoadBalancer address"] },
  { text: "The page answers there", checks: ["Announcing node", "ARP on the LAN", "Page"] },
  { text: "The WAN address is found by STUN", checks: ["Operator", "STUN", "HTTPS echo", "WAN address"] },
  { text: "DNS updates reach Gandi, and the zone's servers", checks: ["Records at Gandi", "Records in DNS"] },
  {
    text: "Prometheus scrapes the metrics",
    checks: ["Metrics"],
    ask: "Does Prometheus have them? esddns_build_info shows a line for each pod.",
  },
  { text: "There are alerts", checks: ["Alerts"], ask: "Does an alert reach somebody? Try one." },
];

/** Prints one line per item: done, not done, or for a person to answer. */
export function printChecklist(lines: readonly Line[]): string {
  return `Before production:\n${ITEMS.map((item) => print(item, lines)).join("")}`;
}

function print({ text, checks, ask }: Item, lines: readonly Line[]): string {
  const mine = lines.filter(({ check }) => checks.includes(check));
  const not = mine.filter(({ state }) => state === "wrong");
  if (not.length > 0) return `[ ] ${text}: see ${not.map(({ check }) => check).join(", ")}\n`;
  const open = mine.filter(({ state }) => state !== "ok");
  const questions = [
    ...(open.length > 0 ? [`look at ${open.map(({ check }) => check).join(", ")}`] : []),
    ...(ask === undefined ? [] : [ask]),
  ];
  return questions.length === 0 ? `[x] ${text}\n` : `[?] ${text}: ${questions.join(". ")}\n`;
}
