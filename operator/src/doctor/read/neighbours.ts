/**
 * Finds out which device answers for an address on this machine's LANs: by ARP (RFC 826), or by neighbour discovery for
 * IPv6 (RFC 4861). An empty datagram to the discard port makes the kernel ask, and its table has the answer. That needs
 * no special rights.
 */
import { execFile } from "node:child_process";
import { createSocket } from "node:dgram";
import { BlockList, isIP } from "node:net";
import { networkInterfaces } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import * as z from "zod";
import { failedRead, type Read } from "@esddns/common/cluster";
import type { Neighbours } from "./facts.ts";

const DISCARD_PORT = 9;
/** The kernel trusts an old entry for five seconds. Then it asks three times, a second apart. Milliseconds. */
const LIMIT_MS = 9_000;
const STEP_MS = 300;

const entry = z.object({ dst: z.string(), lladdr: z.string().optional(), state: z.array(z.string()).default([]) });
type Entry = z.output<typeof entry>;

/** States in which the kernel is still finding out (RFC 4861 section 7.3.2). */
const OPEN = ["INCOMPLETE", "STALE", "DELAY", "PROBE"];

/** Returns those of `addresses` that are on a LAN of this machine, with the hardware address that answers for each. */
export async function askNeighbours(addresses: readonly string[]): Promise<Read<Neighbours>> {
  const near = addressesNear(addresses);
  const own = ownAddresses();
  const others = near.filter((address) => !own.has(address));
  const table = await askKernel(others, { knock, table: kernelTable });
  if (!table.read) return table;
  const { value } = table;
  return {
    read: true,
    value: new Map(near.map((address) => [address, own.get(address) ?? hardwareOf(value.get(address))])),
  };
}

interface Kernel {
  readonly knock: (address: string) => Promise<void>;
  readonly table: () => Promise<Read<ReadonlyMap<string, Entry>>>;
}

/**
 * Returns the kernel's table once it is settled. The kernel asks a known neighbour directly. Over IPv6 MetalLB hears
 * only questions that are sent to all nodes, so the address is knocked at again: then the kernel asks all.
 */
export async function askKernel(addresses: readonly string[], kernel: Kernel): ReturnType<Kernel["table"]> {
  const before = await kernel.table();
  const found = await settled(addresses, kernel);
  const lost = addresses.filter((address) => hardwareIn(before, address) && !hardwareIn(found, address));
  return lost.length === 0 ? found : settled(lost, kernel);
}

async function settled(addresses: readonly string[], { knock: ask, table: look }: Kernel): ReturnType<Kernel["table"]> {
  const deadline = performance.now() + LIMIT_MS;
  await Promise.all(addresses.map(ask));
  let table = await look();
  while (table.read && addresses.some((address) => isOpen(table, address)) && performance.now() < deadline) {
    await delay(STEP_MS);
    table = await look();
  }
  return table;
}

function hardwareIn(table: Read<ReadonlyMap<string, Entry>>, address: string): string | undefined {
  return table.read ? hardwareOf(table.value.get(address)) : undefined;
}

function isOpen(table: Read<ReadonlyMap<string, Entry>>, address: string): boolean {
  const state = table.read ? table.value.get(address)?.state : undefined;
  return state?.some((one) => OPEN.includes(one)) ?? false;
}

function hardwareOf(found: Entry | undefined): string | undefined {
  return found === undefined || found.state.includes("FAILED") ? undefined : found.lladdr;
}

function addressesNear(addresses: readonly string[]): string[] {
  const networks = new BlockList();
  for (const { cidr, family, internal } of Object.values(networkInterfaces()).flatMap((each) => each ?? [])) {
    const [network = "", length] = cidr?.split("/") ?? [];
    // A /32 or /128 is only the machine itself, and pools never have link-local addresses.
    if (internal || length === undefined || ["32", "128"].includes(length) || network.startsWith("fe80:")) continue;
    networks.addSubnet(network, Number(length), family === "IPv4" ? "ipv4" : "ipv6");
  }
  return addresses.filter((address) => networks.check(address, isIP(address) === 4 ? "ipv4" : "ipv6"));
}

function ownAddresses(): Map<string, string> {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return new Map(all.map(({ address, mac }) => [address, mac]));
}

/** Resolves once the kernel has the datagram, or refused it. The table shows the result. */
function knock(address: string): Promise<void> {
  const socket = createSocket(isIP(address) === 4 ? "udp4" : "udp6");
  return new Promise((resolve) => {
    socket.once("close", resolve);
    socket.once("error", () => {
      socket.close();
    });
    socket.send(Buffer.alloc(0), DISCARD_PORT, address, () => {
      socket.close();
    });
  });
}

function kernelTable(): Promise<Read<ReadonlyMap<string, Entry>>> {
  return new Promise((resolve) => {
    execFile("ip", ["-j", "neigh", "show"], { timeout: 5_000, maxBuffer: 16 * 1024 * 1024 }, (error, stdout) => {
      const parsed = error === null ? z.array(entry).safeParse(parseJson(stdout)) : undefined;
      if (parsed?.success) resolve({ read: true, value: new Map(parsed.data.map((one) => [one.dst, one])) });
      else resolve(failedRead("ARP can be looked at from Linux with iproute2 (ip -j neigh) only"));
    });
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
