/** What people are told, as a server on the LAN gets it. */
import { createHmac } from "node:crypto";
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { notifySecretFile, wan } from "@esddns/lab";
import { dig, eventually, labOk } from "./lab.ts";

const record = "home.example.com";
const changed = "198.51.100.77";

beforeAll(async () => {
  await labOk("trouble", "off");
  await back();
});

afterAll(() => back());

test("a change of address is told at once, to each channel in its own way, and the webhook's can be verified", async () => {
  const before = (await notes()).length;
  await labOk("wan", changed);
  const told = await eventually(async () => {
    const all = (await notes()).slice(before).filter(({ body }) => body.includes(changed));
    expect(all.map(({ path }) => path).sort()).toEqual(["/hook", "/ntfy", "/slack"]);
    return all;
  }, 120_000);
  const of = (path: string) => told.find((note) => note.path === path) ?? expect.unreachable();

  const hook = of("/hook");
  expect(JSON.parse(hook.body)).toMatchObject({ kind: "Changed", namespace: "esddns-development" });
  const mac = createHmac("sha256", await readFile(notifySecretFile, "utf8"));
  const signature = mac.update(`${hook.headers["esddns-timestamp"] ?? ""}.${hook.body}`).digest("hex");
  expect(hook.headers["esddns-signature"]).toBe(`sha256=${signature}`);

  expect(of("/ntfy").headers).toMatchObject({
    title: expect.stringContaining("address changed") as string,
    priority: "3",
  });
  expect(JSON.parse(of("/slack").body)).toEqual({ text: expect.stringContaining(`is ${changed}`) as string });
});

interface Note {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

async function notes(): Promise<Note[]> {
  const log = await labOk("logs", "notes");
  return log
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Note);
}

async function back(): Promise<void> {
  await labOk("wan", wan.initialIpv4, wan.initialPrefix);
  await eventually(async () => {
    expect(await dig(record, "A")).toEqual([wan.initialIpv4]);
  }, 180_000);
}
