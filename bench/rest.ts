/**
 * `npm run bench:rest -- [--seconds 180]`: what the operator costs while nothing changes: packets to the internet,
 * requests to the Kubernetes API and to Gandi, and memory. Needs the running lab, and changes nothing on it.
 */
import { setTimeout as delay } from "node:timers/promises";
import { gandiControl, LabError, nodes, troublesOn } from "@esddns/lab";
import { bench, kubeJson, namespace, numbers, print } from "./lab.ts";
import { bareNode, podMemory, type Resident } from "./memory.ts";
import { countPackets } from "./packets.ts";
import { operatorPods, requestsOf } from "./requests.ts";

/** What is aimed at: memory of a pod above that of bare Node, MiB. */
const MEMORY_AIM = 40;

await bench("bench:rest", async () => {
  const { seconds } = numbers({ seconds: { otherwise: 180, least: 30, most: 3600 } });
  await expectRest();
  const pods = await operatorPods();
  print(`at rest for ${seconds} s: ${nodes.length} nodes, ${pods.length} pods of the operator\n`);
  const startedAt = Date.now();
  const before = await Promise.all(pods.map(requestsOf));
  const packets = await countPackets(() => delay(seconds * 1000));
  const after = await Promise.all(pods.map(requestsOf));
  const asked = (await gandiControl().requests()).filter(({ time }) => time >= startedAt);
  const requests = after.map((counts, i) => difference(counts, before[i] ?? new Map()));

  table(
    `packets a minute${" ".repeat(21)}`,
    ["to the internet", "from it", "bytes, both ways"],
    packets.map(({ name, out, back, bytes }) => [name, ...[out, back, bytes].map((n) => perMinute(n, seconds))]),
  );
  const verbs = ["get", "list", "watch", "create", "update", "apply", "patch"];
  table(
    "requests an hour to the Kubernetes API",
    verbs,
    pods.map(({ name }, i) => [
      name,
      ...verbs.map((verb) =>
        perHour(
          sum(requests[i], (key) => key.startsWith(`${verb} `)),
          seconds,
        ),
      ),
    ]),
  );
  const observations = requests.map((counts) => sum(counts, (key) => key === "apply wanobservations"));
  table(
    "writes of a WanObservation",
    ["in all", "a minute"],
    pods.map(({ name }, i) => [name, String(observations[i] ?? 0), perMinute(observations[i] ?? 0, seconds)]),
  );
  const writes = asked.filter(({ method }) => method !== "GET");
  table(
    "requests to Gandi",
    ["in all", "an hour"],
    [
      ["that read", String(asked.length - writes.length), perHour(asked.length - writes.length, seconds)],
      ["that write", String(writes.length), perHour(writes.length, seconds)],
    ],
  );
  const heavy = await memory();

  const most = Math.floor(seconds / 60) + 1;
  const misses = [
    ...(writes.length > 0 ? ["something was written to Gandi"] : []),
    ...pods.filter((_, i) => (observations[i] ?? 0) > most).map(({ name }) => `${name} wrote more than once a minute`),
    ...heavy.map((name) => `${name} is more than ${MEMORY_AIM} MiB above bare Node`),
  ];
  print(misses.length === 0 ? "every aim is met" : `missed: ${misses.join("; ")}`);
  return misses.length === 0;
});

/** @throws {LabError} where something goes on that is no rest. */
async function expectRest(): Promise<void> {
  const troubles = await troublesOn();
  if (troubles.length > 0) {
    throw new LabError(`The lab is not at rest: ${troubles.join(", ")}.`, { hint: "npm run lab -- trouble off" });
  }
  const { items } = await kubeJson<{ items: { status?: { conditions?: { type: string; status: string }[] } }[] }>(
    ...["get", "wanaddresses,dnsrecords", "-n", namespace],
  );
  const wrong = items.flatMap(({ status }) => status?.conditions ?? []).filter(isWrong);
  if (wrong.length > 0) {
    throw new LabError(
      `The lab is not at rest: ${wrong.map(({ type, status }) => `${type} is ${status}`).join(", ")}.`,
      {
        hint: "npm run lab -- status",
      },
    );
  }
}

function isWrong({ type, status }: { type: string; status: string }): boolean {
  return ["Ready", "Agreed", "Synced"].includes(type) && status !== "True";
}

/** Prints it; gives the names of the pods that have more than is aimed at. */
async function memory(): Promise<string[]> {
  const bare = await bareNode();
  const pods = podMemory();
  const row = ({ name, residentMiB, ownMiB }: Resident): string[] => [
    name,
    residentMiB.toFixed(1),
    ownMiB.toFixed(1),
    (residentMiB - bare.residentMiB).toFixed(1),
  ];
  table("resident memory, MiB", ["in all", "of its own", "above bare Node"], [bare, ...pods].map(row));
  return pods.filter(({ residentMiB }) => residentMiB - bare.residentMiB > MEMORY_AIM).map(({ name }) => name);
}

function difference(after: ReadonlyMap<string, number>, before: ReadonlyMap<string, number>): Map<string, number> {
  return new Map([...after].map(([key, count]) => [key, count - (before.get(key) ?? 0)]));
}

function sum(counts: ReadonlyMap<string, number> | undefined, wanted: (key: string) => boolean): number {
  return [...(counts ?? [])].filter(([key]) => wanted(key)).reduce((total, [, count]) => total + count, 0);
}

function perMinute(count: number, seconds: number): string {
  return ((count * 60) / seconds).toFixed(1);
}

function perHour(count: number, seconds: number): string {
  return ((count * 3600) / seconds).toFixed(0);
}

function table(title: string, columns: readonly string[], rows: readonly (readonly string[])[]): void {
  const width = Math.max(title.length, ...rows.map(([name = ""]) => name.length)) + 2;
  const line = ([name = "", ...cells]: readonly string[]): void => {
    print(
      name.padEnd(width) + cells.map((cell, i) => cell.padStart(Math.max(10, (columns[i] ?? "").length + 2))).join(""),
    );
  };
  for (const each of [[title, ...columns], ...rows]) line(each);
  print();
}
