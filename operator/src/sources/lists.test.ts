import { describe, expect, it } from "vitest";
import type { DetectionSpec } from "@esddns/common/api";
import { silentLog, virtualClock } from "../runtime/testing.ts";
import { refuse } from "./contact.ts";
import type { HttpsGet } from "./httpsGet.ts";
import { LIST_ORGANISATION } from "@esddns/common/api";
import { StunLists } from "./lists.ts";
import { parseHostList } from "./listText.ts";
import { spec } from "../decide/testing.ts";

const hosts = (count: number): string =>
  Array.from({ length: count }, (_, i) => `stun${i}.example.org:3478\n`).join("");
const DAY_MS = 86_400_000;

describe("parseHostList", () => {
  it("reads names and addresses with their ports", () => {
    const text = "Stun.Example.org:3478\r\n198.51.100.7:19302\n\n[2001:db8::1]:443\n";
    expect(parseHostList(text, "tcp")).toEqual(
      [
        { host: "stun.example.org", port: 3478 },
        { host: "198.51.100.7", port: 19302 },
        { host: "2001:db8::1", port: 443 },
      ].map((server) => ({ ...server, transport: "tcp", organisation: LIST_ORGANISATION })),
    );
  });

  it.each([
    "stun.example.org",
    "stun.example.org:0",
    "stun.example.org:65536",
    "stun.example.org:03478",
    "stun.example.org:3478 ",
    " stun.example.org:3478",
    "stun:stun.example.org:3478",
    "# a comment",
    "kubernetes:443",
    "-stun.example.org:3478",
    "stun..example.org:3478",
    "2130706433:3478",
    "127.1:3478",
    "2001:db8::1:3478",
    "[198.51.100.7]:3478",
    "[fe80::1%eth0]:3478",
    `${"a".repeat(64)}.example.org:3478`,
  ])("leaves out a line like %j", (line) => {
    expect(parseHostList(`${hosts(3)}${line}\n`, "udp")).toHaveLength(3);
  });

  it("takes a page in HTML, or nothing at all, for no list", () => {
    expect(parseHostList("<html>\n<body>\nstun.example.org:3478\n</body>\n</html>", "udp")).toBeUndefined();
    expect(parseHostList("", "udp")).toBeUndefined();
  });

  it("is bounded, and quick with lines that are made to be slow", () => {
    expect(parseHostList(hosts(5000), "udp")).toHaveLength(2000);
    const startedAt = performance.now();
    parseHostList(`${"a-".repeat(60_000)}:1\n${"a.".repeat(60_000)}:1\n${":".repeat(60_000)}`, "udp");
    expect(performance.now() - startedAt).toBeLessThan(500);
  });
});

describe("StunLists", () => {
  function start(overrides: { spec?: DetectionSpec; resolve?: string[] } = {}) {
    const clock = virtualClock();
    const abort = new AbortController();
    const lines: string[] = [];
    let seed = 1;
    const world = {
      clock,
      lines,
      spec: overrides.spec ?? spec(),
      asked: [] as string[],
      answer: ((): ReturnType<HttpsGet> => Promise.resolve({ ok: true, body: Buffer.from(hosts(40)) })) as HttpsGet,
      names: (transport: string) => {
        const servers = lists.servers(world.spec).filter((server) => server.transport === transport);
        return servers.map(({ host }) => host);
      },
      stop: async () => {
        abort.abort();
        await running;
      },
    };
    const lists = new StunLists({
      clock,
      random: () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647,
      log: silentLog(lines),
      resolve: (_host, family) =>
        Promise.resolve(overrides.resolve ?? [family === "IPv4" ? "8.8.8.8" : "2606:4700::1"]),
      get: (url, contact, maxBytes, signal) => {
        world.asked.push(url.href);
        return world.answer(url, contact, maxBytes, signal);
      },
    });
    const running = lists.run(() => world.spec, abort.signal);
    return world;
  }

  it("asks ten servers for UDP and four for TCP, of one organisation, and others the next day", async () => {
    const world = start();
    expect(world.names("udp")).toEqual([]);
    await world.clock.run(1000);
    const first = world.names("udp");
    expect(new Set(first).size).toBe(10);
    expect(world.names("tcp")).toHaveLength(4);
    await world.clock.run(0.8 * DAY_MS);
    expect(world.names("udp")).toEqual(first);
    expect(world.asked).toHaveLength(2);
    await world.clock.run(0.4 * DAY_MS);
    expect(world.names("udp")).not.toEqual(first);
    expect(world.asked).toHaveLength(4);
    await world.stop();
  });

  it("keeps the last good list when a download fails, says so, and tries again within hours", async () => {
    const world = start();
    await world.clock.run(1000);
    world.answer = () => Promise.resolve(refuse("Refused", "HTTP 500"));
    await world.clock.run(1.2 * DAY_MS);
    expect(world.names("udp")).toHaveLength(10);
    expect(world.lines).toContain("WARN list of STUN servers not read");
    const failed = world.asked.length;
    world.answer = () => Promise.resolve({ ok: true, body: Buffer.from("one.example.org:3478\n") });
    await world.clock.run(6.1 * 3_600_000);
    expect(world.asked.length).toBeGreaterThan(failed);
    expect(world.names("udp")).toEqual(["one.example.org"]);
    await world.stop();
  });

  it.each<[string, HttpsGet]>([
    ["hangs", () => new Promise(() => undefined)],
    ["throws", () => Promise.reject(new Error("a defect"))],
    ["is a portal's page", () => Promise.resolve({ ok: true, body: Buffer.from("<html>\nPlease log in\n") })],
  ])("has no servers, and goes on, where the answer %s", async (_name, answer) => {
    const world = start();
    world.answer = answer;
    await world.clock.run(60_000);
    expect(world.names("udp")).toEqual([]);
    expect(world.lines).toContain("WARN list of STUN servers not read");
    await world.stop();
  });

  it("reads no more than 256 KiB of a list", async () => {
    const world = start();
    const limits: number[] = [];
    world.answer = (_url, _contact, maxBytes) => {
      limits.push(maxBytes);
      return Promise.resolve({ ok: true, body: Buffer.from(hosts(40)) });
    };
    await world.clock.run(1000);
    expect(limits).toEqual([256 * 1024, 256 * 1024]);
    await world.stop();
  });

  it("fetches from allowed addresses alone", async () => {
    const world = start({ resolve: ["10.0.0.1"] });
    await world.clock.run(60_000);
    expect(world.asked).toEqual([]);
    await world.stop();
  });

  it.each([
    ["no URLs are given", spec({ stun: { udpHostListUrl: "", tcpHostListUrl: "" } })],
    ["no server of them is wanted", spec({ stun: { udpLimit: 0, tcpLimit: 0 } })],
    ["the URLs are not https", spec({ stun: { udpHostListUrl: "http://a.example/", tcpHostListUrl: "nonsense" } })],
    ["servers are given", spec({ stun: { servers: [] } })],
    ["STUN is off", spec({ sources: ["https"] })],
  ])("fetches nothing where %s", async (_name, settings) => {
    const world = start({ spec: settings });
    await world.clock.run(60_000);
    expect(world.asked).toEqual([]);
    await world.stop();
  });

  it("follows the spec: another URL is fetched soon, and what was read from the old one is not asked", async () => {
    const world = start();
    await world.clock.run(1000);
    world.spec = spec({ stun: { udpHostListUrl: "https://lists.example/udp.txt", udpLimit: 3 } });
    expect(world.names("udp")).toEqual([]);
    await world.clock.run(15_000);
    expect(world.asked.at(-1)).toBe("https://lists.example/udp.txt");
    expect(world.names("udp")).toHaveLength(3);
    await world.stop();
  });

  it("leaves out servers whose organisation is known", async () => {
    const world = start();
    world.answer = () =>
      Promise.resolve({
        ok: true,
        body: Buffer.from("stun.l.google.com:19302\nstun.cloudflare.com:53\na.example:3478\n"),
      });
    await world.clock.run(1000);
    expect(world.names("udp")).toEqual(["a.example"]);
    await world.stop();
  });
});
