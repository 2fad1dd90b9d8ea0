/**
 * `npm run bench:change -- [--changes 20] [--seed N] [--gap 50]`: how long a new address of the router takes to reach
 * Gandi. Needs the running lab; gives the router its former address back.
 */
import { setTimeout as delay } from "node:timers/promises";
import { changeWan, gandiControl, readWan } from "@esddns/lab";
import { bench, kubeJson, namespace, numbers, print } from "./lab.ts";
import { firstLook, seededRandom, summarise, table, type Summary } from "./stats.ts";

const RECORD = "/v5/livedns/domains/example.com/records/home/A";
/** How often the stand-in's log is read, milliseconds: a change is measured this much too long at most. */
const LOOK_MS = 100;
/** After this long a change counts as lost, milliseconds. */
const LIMIT_MS = 120_000;
/** What the usual updaters do, seconds. */
const POLLER_SECONDS = 300;
/** Addresses of the provider's network that nobody in the lab has; the last part of each. */
const FIRST_PART = 60;
const PARTS = 180;

await bench("bench:change", async () => {
  const options = numbers({
    changes: { otherwise: 20, least: 1, most: PARTS - 1 },
    seed: { otherwise: Date.now() % 100_000, least: 0, most: 0xffff_ffff },
    gap: { otherwise: 50, least: 1, most: 600 },
  });
  const random = seededRandom(options.seed);
  const before = await readWan();
  const addresses = shuffled(random).filter((address) => address !== before.ipv4);
  const { probeSeconds, nodes } = await lookers();
  print(`${options.changes} changes of the router's IPv4 address, seed ${options.seed}, ${nodes} nodes`);
  print(`from one change's write to the next change: ${options.gap / 2} to ${options.gap * 1.5} s, at random\n`);
  const seconds: number[] = [];
  try {
    for (const [index, address] of addresses.slice(0, options.changes).entries()) {
      await delay(options.gap * 1000 * (0.5 + random()));
      const took = await change(address, before.prefix);
      if (took !== undefined) seconds.push(took);
      const result = took === undefined ? `not within ${LIMIT_MS / 1000} s` : `${took.toFixed(1)} s`;
      print(`${String(index + 1).padStart(4)}  ${address.padEnd(15)}  ${result}`);
    }
  } finally {
    await changeWan(before);
  }
  report(seconds, probeSeconds, nodes);
  const lost = options.changes - seconds.length;
  print(`\nlost: ${lost}`);
  return lost === 0;
});

/** Seconds from the command to the router until the 2xx of a PUT with the new address is seen; undefined: too long. */
async function change(ipv4: string, prefix: string): Promise<number | undefined> {
  const gandi = gandiControl();
  await gandi.clearRequests();
  const start = performance.now();
  await changeWan({ ipv4, prefix });
  for (;;) {
    const written = (await gandi.requests()).some(
      ({ method, target, body, status = 0 }) =>
        method === "PUT" && target === RECORD && body.includes(`"${ipv4}"`) && status >= 200 && status < 300,
    );
    const tookMs = performance.now() - start;
    if (written) return tookMs / 1000;
    if (tookMs > LIMIT_MS) return undefined;
    await delay(LOOK_MS);
  }
}

function report(seconds: readonly number[], probeSeconds: number, nodes: number): void {
  const rows: [string, Summary][] = [
    [`only seeing it: a probe every ${probeSeconds} s on ${nodes} nodes (computed)`, firstLook(probeSeconds, nodes)],
    [`only seeing it: one poll every ${POLLER_SECONDS} s (computed)`, firstLook(POLLER_SECONDS, 1)],
  ];
  if (seconds.length > 0) rows.unshift(["new address to Gandi's 2xx (measured)", summarise(seconds)]);
  print(`\n${table(rows)}`);
}

async function lookers(): Promise<{ probeSeconds: number; nodes: number }> {
  const wan = await kubeJson<{ spec: { probeIntervalSeconds: number } }>("get", "wan", "wan", "-n", namespace);
  const observations = await kubeJson<{ items: unknown[] }>("get", "wanobservations", "-n", namespace);
  return { probeSeconds: wan.spec.probeIntervalSeconds, nodes: observations.items.length };
}

/** Every address once: coming back to one is slowed down on purpose where a line flaps. */
function shuffled(random: () => number): string[] {
  const parts = Array.from({ length: PARTS }, (_, index) => ({ part: FIRST_PART + index, order: random() }));
  return parts.toSorted((a, b) => a.order - b.order).map(({ part }) => `198.51.100.${part}`);
}
