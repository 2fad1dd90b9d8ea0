import { beforeEach, describe, expect, it } from "vitest";
import type { WanAddressObject } from "@esddns/common/api";
import { snapshot } from "../snapshot/testing.ts";
import { keptLog, silentLog, type VirtualClock, virtualClock } from "../runtime/testing.ts";
import { RoundRequests } from "./requests.ts";

const TOKEN = "correct-horse-battery-staple";
let clock: VirtualClock;
let started: number;
let requests: RoundRequests;
let lines: string[];

beforeEach(() => {
  clock = virtualClock();
  started = 0;
  const kept = keptLog();
  lines = kept.lines;
  requests = new RoundRequests({ token: TOKEN, start: () => ++started, clock, log: kept.log });
});

const wan = (annotations?: Record<string, string>): WanAddressObject => {
  const { wan: object } = snapshot();
  if (object === undefined) expect.unreachable();
  return { ...object, metadata: { ...object.metadata, ...(annotations === undefined ? {} : { annotations }) } };
};

describe("POST /probe", () => {
  it("starts a round for whoever has the token", () => {
    expect(requests.post(`Bearer ${TOKEN}`)).toMatchObject({ status: 202 });
    expect(started).toBe(1);
  });

  it("has the token in no line of the log and in no answer", () => {
    const answers = [`Bearer ${TOKEN}`, `Bearer ${TOKEN}x`, TOKEN].map((given) => requests.post(given));
    expect(lines.length).toBeGreaterThan(0);
    expect(JSON.stringify([answers, lines])).not.toContain(TOKEN);
  });

  it.each([
    ...[undefined, "", TOKEN, "Bearer", `Bearer ${TOKEN}x`, `Basic ${TOKEN}`, "Bearer wrong"],
    // A part of the token would let a guesser find it sign by sign.
    ...[`Bearer ${TOKEN.slice(0, -1)}`, `Bearer ${TOKEN.charAt(0)}`, `Bearer ${TOKEN.slice(1)}`],
    `Bearer ${TOKEN.toUpperCase()}`,
  ])("starts none for %j", (authorization) => {
    expect(requests.post(authorization)).toMatchObject({
      status: 401,
      headers: { "www-authenticate": expect.any(String) as string },
    });
    expect(started).toBe(0);
  });

  it("starts none without a token of its own, whatever is sent", () => {
    const closed = new RoundRequests({ token: undefined, start: () => ++started, clock, log: silentLog() });
    expect(closed.post("Bearer undefined")).toMatchObject({ status: 401 });
  });

  it("starts so many and no more, and is not shut by those who guess", async () => {
    for (let i = 0; i < 100; i++) requests.post("Bearer wrong");
    const statuses = Array.from({ length: 5 }, () => requests.post(`Bearer ${TOKEN}`).status);
    expect(statuses).toEqual([202, 202, 202, 429, 429]);
    await clock.run(5_000);
    expect(requests.post(`Bearer ${TOKEN}`).status).toBe(202);
    expect(started).toBe(4);
  });
});

describe("the annotation esddns.io/probe", () => {
  it("starts a round each time that it gets another value", () => {
    requests.wanChanged(wan());
    requests.wanChanged(wan({ "esddns.io/probe": "1" }));
    requests.wanChanged(wan({ "esddns.io/probe": "1", other: "x" }));
    expect(started).toBe(1);
    requests.wanChanged(wan({ "esddns.io/probe": "2" }));
    expect(started).toBe(2);
  });

  it("starts none for what stands there when the pod starts, nor when it is taken away", () => {
    requests.wanChanged(wan({ "esddns.io/probe": "old" }));
    requests.wanChanged(wan());
    requests.wanChanged(undefined);
    expect(started).toBe(0);
  });
});
