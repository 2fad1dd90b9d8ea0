import type { Socket } from "node:dgram";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { systemClock } from "../runtime/clock.ts";
import { encodeAddress, XOR_MAPPED_ADDRESS } from "./attributes.ts";
import type { DatagramHandlers, OpenDatagramChannel } from "../udp/exchange.ts";
import { encodeMessage } from "./message.ts";
import { RFC_RETRANSMISSION, scheduleOf } from "../udp/schedule.ts";
import { bindingOverUdp } from "./udp.ts";
import { virtualClock } from "../runtime/testing.ts";

const peer = { address: "192.0.2.99", port: 3478 };

function success(request: Uint8Array, ip = Uint8Array.of(192, 0, 2, 1)): Uint8Array {
  const transactionId = request.subarray(8, 20);
  const value = encodeAddress(ip, 4711, transactionId);
  const attributes = [{ type: XOR_MAPPED_ADDRESS, value }];
  return encodeMessage({ class: "success", method: 1, transactionId, attributes });
}

describe("the schedule", () => {
  it("is the RFC's by default", () => {
    expect(scheduleOf(RFC_RETRANSMISSION)).toEqual({
      sendAtMs: [0, 500, 1500, 3500, 7500, 15500, 31500],
      giveUpAtMs: 39500,
    });
  });
});

describe("a transaction on a clock of its own", () => {
  interface Fake {
    sentAtMs: number[];
    sent: Uint8Array[];
    closed: boolean;
    handlers: DatagramHandlers | undefined;
    open: OpenDatagramChannel;
  }

  function fake(clock: { monotonic(): number }): Fake {
    const state: Fake = {
      sentAtMs: [],
      sent: [],
      closed: false,
      handlers: undefined,
      open: (_peer, handlers) => {
        state.handlers = handlers;
        return Promise.resolve({
          send: (bytes) => {
            state.sentAtMs.push(clock.monotonic());
            state.sent.push(bytes);
          },
          close: () => (state.closed = true),
        });
      },
    };
    return state;
  }

  it("sends the same request on schedule and gives up", async () => {
    const clock = virtualClock();
    const channel = fake(clock);
    const done = bindingOverUdp(peer, { clock, signal: new AbortController().signal, open: channel.open });
    await clock.run(39_499);
    expect(channel.closed).toBe(false);
    await clock.run(1);
    expect(await done).toMatchObject({ ok: false, failure: { kind: "Timeout" } });
    expect(channel.sentAtMs).toEqual([0, 500, 1500, 3500, 7500, 15500, 31500]);
    expect(new Set(channel.sent.map((bytes) => Buffer.from(bytes).toString("hex"))).size).toBe(1);
    expect(channel.closed).toBe(true);
  });

  it("takes a late answer, and sends nothing after it", async () => {
    const clock = virtualClock();
    const channel = fake(clock);
    const done = bindingOverUdp(peer, { clock, signal: new AbortController().signal, open: channel.open });
    await clock.run(1600);
    channel.handlers?.message(success(channel.sent[0] ?? new Uint8Array()));
    expect(await done).toEqual({ ok: true, mapped: { family: "IPv4", address: "192.0.2.1", port: 4711 }, rttMs: 1600 });
    await clock.run(60_000);
    expect(channel.sentAtMs).toEqual([0, 500, 1500]);
    expect(channel.closed).toBe(true);
  });

  it("goes on after junk", async () => {
    const clock = virtualClock();
    const channel = fake(clock);
    const done = bindingOverUdp(peer, { clock, signal: new AbortController().signal, open: channel.open });
    await clock.run(0);
    const request = channel.sent[0] ?? new Uint8Array();
    const forged = success(request);
    forged[19] = (forged[19] ?? 0) ^ 1;
    for (const junk of [new Uint8Array(), Uint8Array.of(1, 2, 3), request, forged]) channel.handlers?.message(junk);
    await clock.run(500);
    expect(channel.sentAtMs).toEqual([0, 500]);
    channel.handlers?.message(success(request));
    expect((await done).ok).toBe(true);
  });

  it("rejects with the signal's reason, and closes its socket", async () => {
    const clock = virtualClock();
    const channel = fake(clock);
    const abort = new AbortController();
    const done = bindingOverUdp(peer, { clock, signal: abort.signal, open: channel.open });
    const outcome = expect(done).rejects.toThrow("enough");
    await clock.run(700);
    abort.abort(new Error("enough"));
    await outcome;
    expect(channel.closed).toBe(true);
    await clock.run(60_000);
    expect(channel.sentAtMs).toEqual([0, 500]);
  });

  it("rejects with the signal's reason where that aborts while a socket is opened in vain", async () => {
    const clock = virtualClock();
    const abort = new AbortController();
    const failing: OpenDatagramChannel = () => {
      abort.abort(new Error("enough"));
      return Promise.reject(new Error("no way"));
    };
    await expect(bindingOverUdp(peer, { clock, signal: abort.signal, open: failing })).rejects.toThrow("enough");
  });

  it("is not begun when the signal has aborted, nor for a name", async () => {
    const clock = virtualClock();
    const never: OpenDatagramChannel = () => Promise.reject(new Error("opened"));
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(bindingOverUdp(peer, { clock, signal, open: never })).rejects.toThrow("enough");
    const name = { address: "stun.example", port: 3478 };
    const options = { clock, signal: new AbortController().signal, open: never };
    await expect(bindingOverUdp(name, options)).rejects.toThrow(TypeError);
  });
});

describe("a transaction over real sockets", () => {
  const sockets: Socket[] = [];
  const signal = new AbortController().signal;
  const retransmission = { rtoMs: 50, transmissions: 3, lastWaitFactor: 8 };

  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.close();
  });

  async function listen(type: "udp4" | "udp6", address: string): Promise<Socket> {
    const socket = createSocket(type);
    sockets.push(socket);
    socket.bind(0, address);
    await once(socket, "listening");
    return socket;
  }

  it.each([
    ["udp4", "127.0.0.1", Uint8Array.of(127, 0, 0, 1)],
    ["udp6", "::1", Uint8Array.of(...new Uint8Array(15), 1)],
  ] as const)("%s: junk and other senders first, then the answer", async (type, address, ip) => {
    const server = await listen(type, address);
    const stranger = await listen(type, address);
    server.on("message", (request, { port }) => {
      stranger.send(
        success(
          request,
          ip.map((byte) => byte ^ 3),
        ),
        port,
        address,
        () => {
          server.send("not STUN", port, address);
          server.send(success(request, ip), port, address);
        },
      );
    });
    const { port } = server.address();
    const result = await bindingOverUdp({ address, port }, { clock: systemClock, signal, retransmission });
    expect(result).toMatchObject({ ok: true, mapped: { address } });
  });

  it("uses a new port each time", async () => {
    const server = await listen("udp4", "127.0.0.1");
    const ports = new Set<number>();
    server.on("message", (request, from) => {
      ports.add(from.port);
      server.send(success(request), from.port, from.address);
    });
    const target = { address: "127.0.0.1", port: server.address().port };
    for (let i = 0; i < 5; i++) await bindingOverUdp(target, { clock: systemClock, signal, retransmission });
    expect(ports.size).toBe(5);
  });

  it("says at once that nobody listens", async () => {
    const closed = await listen("udp4", "127.0.0.1");
    const { port }: AddressInfo = closed.address();
    sockets.splice(0);
    closed.close();
    await once(closed, "close");
    const result = await bindingOverUdp({ address: "127.0.0.1", port }, { clock: systemClock, signal });
    expect(result).toMatchObject({ ok: false, failure: { kind: "Unreachable" } });
  });

  it("says that there is no way to an address", async () => {
    const nowhere = { address: "ff01::1%nowhere", port: 3478 };
    const result = await bindingOverUdp(nowhere, { clock: systemClock, signal, retransmission });
    expect(result.ok).toBe(false);
  });
});
