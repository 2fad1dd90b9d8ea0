import type { Socket } from "node:dgram";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { systemClock } from "../runtime/clock.ts";
import type { OpenDatagramChannel } from "../udp/exchange.ts";
import { hex } from "../stun/testing.ts";
import { virtualClock } from "../runtime/testing.ts";
import { natPmpSchedule, publicAddress, readNatPmp } from "./natpmp.ts";
import { saysNoAddress } from "./natpmpResult.ts";

const success = hex("00 80 0000 00012345 cb007107");

describe("readNatPmp", () => {
  it("reads the address that the router has outside", () => {
    expect(readNatPmp(success)).toEqual({ kind: "address", address: "203.0.113.7" });
  });

  it.each([
    ["unsupported version, without an address (RFC 6886 section 3.5)", "00 80 0001 00012345", "unsupported version"],
    ["not authorised", "00 80 0002 00012345 00000000", "switched off in the router"],
    ["no address at present, whatever stands in its place", "00 80 0003 00012345 cb007107", "no public address"],
    ["out of resources", "00 80 0004 00012345 00000000", "out of resources"],
    ["unsupported opcode", "00 80 0005 00012345", "unsupported opcode"],
    ["a code of tomorrow", "00 80 0105 00012345 00000000", "result 261: unknown"],
    ["a router that speaks PCP only", `02 80 00 01 ${"00".repeat(20)}`, "Port Control Protocol only"],
  ])("tells what the router refuses: %s", (_name, bytes, words) => {
    const answer = readNatPmp(hex(bytes));
    expect(answer).toMatchObject({ kind: "refused" });
    expect(JSON.stringify(answer)).toContain(words);
  });

  it("knows a refusal for want of an address from the others, by what a vote keeps of it", () => {
    const detailOf = (bytes: string) => {
      const answer = readNatPmp(hex(bytes));
      return answer.kind === "refused" ? answer.detail : expect.unreachable();
    };
    expect(saysNoAddress(detailOf("00 80 0003 00012345 00000000"))).toBe(true);
    for (const code of ["0001", "0002", "0004", "0005", "0030"]) {
      expect(saysNoAddress(detailOf(`00 80 ${code} 00012345`)), code).toBe(false);
    }
  });

  it.each([
    ["nothing", ""],
    ["our own request, mirrored", "00 00"],
    ["another version", "01 80 0000 00012345 cb007107"],
    ["another opcode: a mapping", "00 81 0000 00012345 cb007107"],
    ["an answer without its top bit", "00 00 0000 00012345 cb007107"],
    ["one that is too short", "00 80 0000 00012345 cb0071"],
    ["a success without an address", "00 80 0000 00012345"],
    ["one that is too long", "00 80 0000 00012345 cb007107 00"],
    ["a success of PCP", `02 80 00 00 ${"00".repeat(20)}`],
    ["an error of PCP of an odd length", `02 80 00 01 ${"00".repeat(21)}`],
  ])("ignores %s", (_name, bytes) => {
    expect(readNatPmp(hex(bytes))).toEqual({ kind: "junk" });
  });

  it("never throws, and makes no address of what has not exactly the answer's form", () => {
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 12, maxLength: 12 }));
    fc.assert(
      fc.property(bytes, (some) => {
        const isAnswer = some.length === 12 && Buffer.from(some.subarray(0, 4)).toString("hex") === "00800000";
        expect(readNatPmp(some).kind === "address").toBe(isAnswer);
      }),
    );
  });
});

describe("the schedule", () => {
  it("is the RFC's", () => {
    expect(natPmpSchedule(1_000_000).sendAtMs).toEqual([0, 250, 750, 1750, 3750, 7750, 15750, 31750, 63750]);
  });

  it("ends when the round does", async () => {
    const clock = virtualClock();
    const sentAtMs: number[] = [];
    const open: OpenDatagramChannel = () =>
      Promise.resolve({ send: () => sentAtMs.push(clock.monotonic()), close: () => undefined });
    const asked = publicAddress("192.168.1.1", { clock, signal: new AbortController().signal, timeoutMs: 4000, open });
    await clock.run(4000);
    expect(await asked).toEqual({ ok: false, outcome: "Timeout", detail: "no answer to 5 requests in 4000 ms" });
    expect(sentAtMs).toEqual([0, 250, 750, 1750, 3750]);
  });
});

describe("a router on a real socket", () => {
  const sockets: Socket[] = [];
  const signal = new AbortController().signal;

  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.close();
  });

  async function listen(): Promise<Socket> {
    const socket = createSocket("udp4");
    sockets.push(socket);
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    return socket;
  }

  it("is asked with two bytes; junk and other senders are ignored, its answer is taken", async () => {
    const router = await listen();
    const stranger = await listen();
    const requests: string[] = [];
    router.on("message", (request, { port }) => {
      requests.push(request.toString("hex"));
      stranger.send(hex("00 80 0000 00012345 06060606"), port, "127.0.0.1", () => {
        router.send("not NAT-PMP", port, "127.0.0.1");
        router.send(success, port, "127.0.0.1");
      });
    });
    const options = { clock: systemClock, signal, timeoutMs: 5000, port: router.address().port };
    expect(await publicAddress("127.0.0.1", options)).toMatchObject({ ok: true, address: "203.0.113.7" });
    expect(requests).toEqual(["0000"]);
  });

  it("is asked again when a datagram is lost", async () => {
    const router = await listen();
    let seen = 0;
    router.on("message", (_request, { port }) => {
      if (++seen === 2) router.send(success, port, "127.0.0.1");
    });
    const options = { clock: systemClock, signal, timeoutMs: 5000, port: router.address().port };
    expect(await publicAddress("127.0.0.1", options)).toMatchObject({ ok: true });
    expect(seen).toBe(2);
  });

  it("that does not speak NAT-PMP is known at once by its ICMP answer", async () => {
    const closed = await listen();
    const { port } = closed.address();
    sockets.splice(0);
    closed.close();
    await once(closed, "close");
    const options = { clock: systemClock, signal, timeoutMs: 5000, port };
    expect(await publicAddress("127.0.0.1", options)).toMatchObject({ ok: false, outcome: "Unreachable" });
  });

  it("must be an IPv4 address", async () => {
    const options = { clock: systemClock, signal, timeoutMs: 5000 };
    await expect(publicAddress("fe80::1", options)).rejects.toThrow(TypeError);
  });
});
