import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DetectionSpec, WanAddressObject, WanObservation, WanObservationObject } from "@esddns/common/api";
import { directClient, FakeApi, status } from "../kube/testing.ts";
import { NodeObserver } from "./nodeObserver.ts";
import { spec, votes } from "../decide/testing.ts";
import type { RoundDeps } from "./round.ts";
import { silentLog, type VirtualClock, virtualClock } from "../runtime/testing.ts";

const two = spec({
  families: ["IPv4"],
  stun: { enabled: false },
  https: {
    enabled: true,
    services: [
      { url: "https://a.example/", organisation: "a" },
      { url: "https://b.example/", organisation: "b" },
    ],
  },
});

let api: FakeApi;
let deps: { -readonly [K in keyof RoundDeps]: RoundDeps[K] };
let clock: VirtualClock;
let observer: NodeObserver;
let seen: string;
let rounds: number;
let stop: AbortController;
let running: Promise<void> | undefined;

beforeEach(() => {
  api = new FakeApi();
  api.put("/nodes/node1", { apiVersion: "v1", kind: "Node", metadata: { name: "node1" } });
  clock = virtualClock();
  stop = new AbortController();
  running = undefined;
  [seen, rounds] = ["9.9.9.9", 0];
  deps = {
    clock,
    random: () => 0.5,
    log: silentLog(),
    resolve: () => Promise.resolve(["8.8.8.8"]),
    stun: () => Promise.reject(new Error("not asked")),
    echo: () => Promise.resolve({ ok: true, address: { family: "IPv4", text: seen } }),
    natpmp: () => Promise.reject(new Error("not asked")),
    pcp: () => Promise.reject(new Error("not asked")),
  };
  observer = new NodeObserver({
    client: directClient(api),
    namespace: "home",
    nodeName: "node1",
    deps,
    metrics: { round: () => rounds++, probe: () => undefined },
  });
});
afterEach(async () => {
  stop.abort();
  await running;
});

const start = (settings: DetectionSpec = two): void => {
  running = observer.run(stop.signal);
  configure(settings, 1);
};

const configure = (settings: DetectionSpec, generation: number): void => {
  observer.wanChanged({ metadata: { name: "wan", generation }, spec: settings } as WanAddressObject);
};

const peer = (text: string): void => {
  observer.observationChanged("node2", { nodeName: "node2", votes: votes(text) } as WanObservationObject);
};

const written = (): WanObservation[] =>
  api.calls.filter(({ method }) => method === "PATCH").map(({ body }) => body as WanObservation);

describe("NodeObserver", () => {
  it("waits for the settings, then writes what it sees, owned by its node", async () => {
    running = observer.run(stop.signal);
    await clock.run(60_000);
    expect(api.calls).toEqual([]);
    configure(two, 1);
    await clock.run(1_000);
    expect(written()).toMatchObject([
      {
        metadata: { name: "node1", namespace: "home", ownerReferences: [{ kind: "Node", uid: "uid-of-node1" }] },
        nodeName: "node1",
        validForSeconds: 660,
        votes: [
          { organisation: "a", address: "9.9.9.9", outcome: "Ok", authenticated: true },
          { organisation: "b", address: "9.9.9.9", outcome: "Ok", authenticated: true },
        ],
      },
    ]);
  });

  it("writes once a round at rest, so that the observation never expires", async () => {
    start();
    await clock.run(3_600_000);
    expect(written().length).toBeGreaterThanOrEqual(11);
    expect(written().length).toBeLessThanOrEqual(13);
    const times = written().map(({ observedAt }) => Date.parse(observedAt));
    for (const [i, time] of times.entries()) if (i > 0) expect(time - (times[i - 1] ?? 0)).toBeLessThan(660_000);
  });

  it("writes at most once a minute while nothing changes, and at once when something does", async () => {
    start({ ...two, intervalSeconds: 30 });
    await clock.run(600_000);
    expect(rounds).toBeGreaterThanOrEqual(18);
    expect(written().length).toBeLessThanOrEqual(11);
    const before = written().length;
    seen = "9.9.9.77";
    await clock.run(34_000);
    expect(
      written()
        .slice(before)
        .map((each) => each.votes[0]?.address),
    ).toEqual(["9.9.9.77"]);
  });

  it("tries again what the API server did not take, and then writes the latest", async () => {
    api.fault = ({ method }) => (method === "PATCH" ? status(503, "", "no") : undefined);
    start();
    await clock.run(20_000);
    expect(written().length).toBeGreaterThanOrEqual(4);
    api.fault = () => undefined;
    await clock.run(30_000);
    expect(api.objects.get("/wanobservations/node1")).toMatchObject({ nodeName: "node1" });
    const count = written().length;
    await clock.run(60_000);
    expect(written()).toHaveLength(count);
  });

  it("writes an observation without owner where the Node cannot be read", async () => {
    api.fault = ({ target }) => (target.startsWith("/nodes") ? status(403, "Forbidden", "no") : undefined);
    start();
    await clock.run(1_000);
    expect(written()).toHaveLength(1);
    expect((written()[0] as unknown as { metadata: object }).metadata).not.toHaveProperty("ownerReferences");
  });

  it("looks again at once when the settings change, and lets an observation live as long as they ask", async () => {
    start();
    await clock.run(10_000);
    expect(rounds).toBe(1);
    configure({ ...two, intervalSeconds: 600 }, 2);
    await clock.run(5_000);
    expect(rounds).toBe(2);
    expect(written().at(-1)?.validForSeconds).toBe(1260);
    configure({ ...two, intervalSeconds: 600 }, 2);
    await clock.run(5_000);
    expect(rounds).toBe(2);
  });

  it("goes on with the last settings when the WanAddress is deleted", async () => {
    start();
    await clock.run(10_000);
    observer.wanChanged(undefined);
    await clock.run(700_000);
    expect(rounds).toBeGreaterThanOrEqual(3);
  });

  it("looks again at once when another node has come to agree on another address", async () => {
    start();
    await clock.run(10_000);
    peer("a:9.9.9.9 !b:9.9.9.9");
    await clock.run(5_000);
    expect(rounds).toBe(1);
    peer("a:9.9.9.77 !b:9.9.9.77");
    seen = "9.9.9.77";
    await clock.run(5_000);
    expect(rounds).toBe(2);
    expect(written().at(-1)?.votes[0]?.address).toBe("9.9.9.77");
  });

  it("is not woken by another node that only doubts, nor again by one that differs for good", async () => {
    start();
    await clock.run(10_000);
    peer("a:9.9.9.77 b:9.9.9.9");
    await clock.run(5_000);
    expect(rounds).toBe(1);
    for (let i = 0; i < 10; i++) peer("a:9.9.9.77 !b:9.9.9.77");
    await clock.run(100_000);
    expect(rounds).toBe(2);
    peer("a:9.9.9.77 !b:9.9.9.77");
    await clock.run(100_000);
    expect(rounds).toBe(2);
  });

  describe("between rounds", () => {
    let probes: number;
    let answer: string;
    const server = { host: "s", port: 1, transport: "udp" as const, organisation: "c" };
    const probing = { ...two, stun: { ...two.stun, enabled: true, servers: [server] } };

    beforeEach(() => {
      [probes, answer] = [0, "9.9.9.9"];
      deps.stun = () => {
        probes++;
        return Promise.resolve({ ok: true, mapped: { family: "IPv4", address: answer, port: 4711 }, rttMs: 1 });
      };
    });

    it("confirms once a minute what still holds, so that the observation of a dead node soon expires", async () => {
      start(probing);
      await clock.run(290_000);
      expect(rounds).toBe(1);
      expect(probes).toBeGreaterThan(20);
      const times = written().map(({ observedAt }) => Date.parse(observedAt));
      expect(times.length).toBeGreaterThanOrEqual(4);
      expect(times.length).toBeLessThanOrEqual(5);
      expect(written().at(-1)).toMatchObject({ validForSeconds: 150, votes: [{}, {}, {}] });
    });

    it("confirms nothing while nobody answers, nor what no longer holds", async () => {
      start(probing);
      await clock.run(61_000);
      deps.stun = () => Promise.resolve({ ok: false, failure: { kind: "Timeout", detail: "" } });
      deps.echo = () => Promise.resolve({ ok: false, outcome: "Timeout", detail: "" });
      const before = written().length;
      await clock.run(120_000);
      const after = written().slice(before);
      expect(after.length).toBeGreaterThanOrEqual(1);
      for (const { votes } of after) expect(votes.filter(({ outcome }) => outcome === "Ok")).toEqual([]);
    });
  });
});
