/** Before the first use: checks whether the addresses of a future pool are free on this machine's LAN. */
import { conflicts } from "./checks/lan.ts";
import { askNeighbours } from "./read/neighbours.ts";
import { addressesIn } from "./read/ranges.ts";

const MAX_ADDRESSES = 256;

/** @param ranges in the notation of esddns:pools */
export async function unusedOnLan(ranges: readonly string[]): Promise<{ text: string; well: boolean }> {
  const odd = ranges.filter((range) => addressesIn(range, 1).length === 0);
  if (odd.length > 0 || ranges.length === 0) {
    const what = odd.length > 0 ? `${odd.join(", ")} is no address, range or CIDR` : "say which addresses";
    return bad(`${what}: 192.168.1.100-192.168.1.110, 192.168.1.96/28 or 192.168.1.100`);
  }
  const addresses = ranges.flatMap((range) => addressesIn(range, MAX_ADDRESSES)).slice(0, MAX_ADDRESSES);
  const answers = await askNeighbours(addresses);
  if (!answers.read) return bad(answers.why);
  const asked = addresses.filter((one) => answers.value.has(one));
  if (asked.length === 0) return bad("this machine is not on the LAN of these addresses: run it on one that is");
  const { state, saw, todo } = conflicts(asked, answers.value);
  const far = addresses.length - asked.length;
  const rest = far === 0 ? "" : ` (${far} are on no LAN of this machine)`;
  return state === "ok" ? { text: `✓ ${saw}${rest}\n`, well: true } : bad(`${saw}${rest}\n    → ${todo}`);
}

function bad(text: string): { text: string; well: false } {
  return { text: `✗ ${text}\n`, well: false };
}
