/**
 * `npm run bench:failover -- [--times 10] [--seed N]`: how long the page's address is without an answer when the node
 * that announces it by layer 2 loses its cable. Needs the running lab; plugs the cable in again.
 */
import { setTimeout as delay } from "node:timers/promises";
import { lan, nodes, onHost, run, type Step, switchOff, switchOn, troubleNamed } from "@esddns/lab";
import { bench, kubeJson, namespace, numbers, print } from "./lab.ts";
import { seededRandom, summarise, table } from "./stats.ts";

/** How often the client tries, milliseconds: a failover is measured this much too long at most. */
const TRY_MS = 200;
/** How long one try may take, seconds. */
const PATIENCE_SECONDS = 2;
/** After this long a failover counts as failed, and a node as not coming back, milliseconds. */
const LIMIT_MS = 120_000;
/** Between the return of a node and the next failover, at random up to this, milliseconds. */
const REST_MS = 10_000;

const quiet: Step = { progress: () => undefined, run, log: "" };

await bench("bench:failover", async () => {
  const options = numbers({
    times: { otherwise: 10, least: 1, most: 1000 },
    seed: { otherwise: Date.now() % 100_000, least: 0, most: 0xffff_ffff },
  });
  const random = seededRandom(options.seed);
  const address = await pageAddress();
  const hardware = await hardwareAddresses();
  print(`${options.times} times the node that announces ${address} loses its cable, seed ${options.seed}\n`);
  const seconds: number[] = [];
  for (let time = 1; time <= options.times; time++) {
    const node = await announcer(address, hardware);
    const other = nodes.find(({ name }) => name !== node)?.name ?? "";
    const took = await failover(address, node, hardware.get(other));
    if (took !== undefined) seconds.push(took);
    const result = took === undefined ? `not within ${LIMIT_MS / 1000} s` : `${took.toFixed(1)} s`;
    print(`${String(time).padStart(4)}  ${node} to ${other}  ${result}`);
    await allThere(address, node, hardware);
    await delay(random() * REST_MS);
  }
  if (seconds.length > 0)
    print(`\n${table([["cable out to the page's answer by the other node", summarise(seconds)]])}`);
  const lost = options.times - seconds.length;
  print(`\nfailed: ${lost}`);
  return lost === 0;
});

/** Seconds from the cable's end until the client has the page from the other node; undefined: too long. */
async function failover(address: string, node: string, otherHardware: string | undefined): Promise<number | undefined> {
  const trouble = troubleNamed(`${node}-unplugged`);
  try {
    await switchOn(trouble, quiet);
    const start = performance.now();
    return await firstAnswer(address, start, async () => (await neighbour(address)) === otherHardware);
  } finally {
    await switchOff(trouble, quiet);
  }
}

/** Tries side by side: one that waits for a node that is gone, or for its pod, keeps no other from being answered. */
async function firstAnswer(
  address: string,
  start: number,
  counts: () => Promise<boolean>,
): Promise<number | undefined> {
  let answeredMs: number | undefined;
  const tries: Promise<void>[] = [];
  while (answeredMs === undefined && performance.now() - start < LIMIT_MS) {
    tries.push(
      page(address).then(
        async () => {
          const tookMs = performance.now() - start;
          if (await counts()) answeredMs = Math.min(tookMs, answeredMs ?? Infinity);
        },
        () => undefined,
      ),
    );
    await delay(TRY_MS);
  }
  await Promise.all(tries);
  return answeredMs === undefined ? undefined : answeredMs / 1000;
}

async function page(address: string): Promise<void> {
  const options = ["--silent", "--fail", "--output", "/dev/null", "--max-time", String(PATIENCE_SECONDS)];
  await run(onHost(lan.client.name, ["curl", ...options, `http://${address}/healthz`]));
}

async function pageAddress(): Promise<string> {
  const service = await kubeJson<{ status: { loadBalancer: { ingress?: { ip: string }[] } } }>(
    ...["get", "service", "esddns-service", "-n", namespace],
  );
  const found = service.status.loadBalancer.ingress?.find(({ ip }) => !ip.includes(":"))?.ip;
  if (found === undefined) throw new Error("The page has no address yet.");
  return found;
}

/** Node → the MAC address of its link. */
async function hardwareAddresses(): Promise<Map<string, string>> {
  const entries = nodes.map(async ({ name }): Promise<[string, string]> => {
    const shown = await run(onHost(name, ["ip", "-j", "link", "show", "dev", "eth0"]));
    const [link] = JSON.parse(shown) as { address: string }[];
    return [name, link?.address ?? ""];
  });
  return new Map(await Promise.all(entries));
}

/** Whom the client takes for the owner of the address, by MAC address. */
async function neighbour(address: string): Promise<string | undefined> {
  const shown = await run(onHost(lan.client.name, ["ip", "-j", "neigh", "show", address, "dev", "eth0"]));
  return (JSON.parse(shown) as { lladdr?: string }[])[0]?.lladdr;
}

async function announcer(address: string, hardware: ReadonlyMap<string, string>): Promise<string> {
  await page(address);
  const mac = await neighbour(address);
  const found = [...hardware].find(([, own]) => own === mac);
  if (found === undefined) throw new Error(`No node announces ${address}.`);
  return found[0];
}

/** Until the cluster has both nodes again, and the address is where it was: MetalLB moves it back. */
async function allThere(address: string, node: string, hardware: ReadonlyMap<string, string>): Promise<void> {
  const deadline = performance.now() + LIMIT_MS;
  for (;;) {
    const there = await Promise.all([nodesReady(), announcer(address, hardware)]).then(
      ([ready, now]) => ready && now === node,
      () => false,
    );
    if (there) return;
    if (performance.now() > deadline) throw new Error(`${node} has not come back.`);
    await delay(500);
  }
}

async function nodesReady(): Promise<boolean> {
  const list = await kubeJson<{ items: { status: { conditions: { type: string; status: string }[] } }[] }>(
    "get",
    "nodes",
  );
  return list.items.every(({ status }) => status.conditions.some((c) => c.type === "Ready" && c.status === "True"));
}
