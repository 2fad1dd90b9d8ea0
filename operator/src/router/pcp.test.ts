import type { Socket } from "node:dgram";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { systemClock } from "../runtime/clock.ts";
import { hex } from "../stun/testing.ts";
import { pcpAddress } from "./pcp.ts";
import { encodeMapRequest, readMapAnswer } from "./pcpMessage.ts";

const nonce = hex("000102030405060708090a0b");
const mine = { nonce, port: 4711 };

/** A server's answer to a request: the same with the response bit, a result, and the address outside. */
function answerTo(request: Uint8Array, code = 0, external = "cb007107"): Buffer {
  const bytes = Buffer.from(request);
  bytes.set([2, 0x81, 0, code]);
  bytes.fill(0, 8, 24);
  bytes.set(hex(`00000000000000000000ffff${external}`), 44);
  return bytes;
}

describe("MAP messages", () => {
  const request = encodeMapRequest({ ...mine, client: "192.168.1.11", lifetimeSeconds: 120 });

  it("ask for any port and address outside, as RFC 6887 sections 7.1 and 11.1 lay them out", () => {
    expect(Buffer.from(request).toString("hex")).toBe(
      [
        "02010000",
        "00000078",
        "00000000000000000000ffffc0a8010b",
        "000102030405060708090a0b",
        "11000000",
        "12670000",
        "00000000000000000000ffff00000000",
      ].join(""),
    );
  });

  it("tell the address outside", () => {
    expect(readMapAnswer(answerTo(request), mine)).toEqual({ kind: "mapped", external: "203.0.113.7" });
    const withOption = Buffer.concat([answerTo(request), hex("02000000")]);
    expect(readMapAnswer(withOption, mine).kind).toBe("mapped");
  });

  it("tell what the router refuses, in words", () => {
    expect(readMapAnswer(answerTo(request, 12), mine)).toMatchObject({
      kind: "refused",
      detail: "PCP result 12: address mismatch: the request was translated on its way to the router",
    });
    expect(readMapAnswer(answerTo(request, 1).subarray(0, 24), mine).kind).toBe("refused");
    expect(readMapAnswer(answerTo(request, 200), mine).kind).toBe("refused");
  });

  it.each<[string, Uint8Array]>([
    ["nothing", hex("")],
    ["our own request, mirrored", request],
    [
      "an answer to another nonce",
      answerTo(
        encodeMapRequest({ nonce: hex("ff0102030405060708090a0b"), port: 4711, client: "1.1.1.1", lifetimeSeconds: 1 }),
      ),
    ],
    [
      "an answer for another port",
      answerTo(encodeMapRequest({ nonce, port: 4712, client: "1.1.1.1", lifetimeSeconds: 1 })),
    ],
    ["a success that is cut short", answerTo(request).subarray(0, 56)],
    ["a length that is no multiple of 4", answerTo(request).subarray(0, 59)],
    ["NAT-PMP", hex("0080000000012345cb007107")],
  ])("ignore %s", (_name, bytes) => {
    expect(readMapAnswer(bytes, mine)).toEqual({ kind: "junk" });
  });

  it("never throw, whatever is changed in an answer", () => {
    const changes = fc.array(fc.record({ at: fc.nat(59), byte: fc.nat(255) }), { maxLength: 6 });
    fc.assert(
      fc.property(changes, fc.nat(64), (all, cut) => {
        const bytes = answerTo(request);
        for (const { at, byte } of all) bytes[at] = byte;
        const nonceOf = bytes.subarray(24, 36);
        const { kind } = readMapAnswer(bytes.subarray(0, cut), mine);
        if (kind === "mapped") expect(Buffer.compare(nonceOf, nonce)).toBe(0);
      }),
    );
  });
});

describe("a router on a real socket", () => {
  const sockets: Socket[] = [];
  const signal = new AbortController().signal;

  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.close();
  });

  async function listen(onRequest: (request: Buffer, reply: (bytes: Uint8Array) => void) => void) {
    const socket = createSocket("udp4");
    sockets.push(socket);
    const requests: Buffer[] = [];
    socket.on("message", (request, { port }) => {
      requests.push(request);
      onRequest(request, (bytes) => {
        socket.send(bytes, port, "127.0.0.1");
      });
    });
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    return { port: socket.address().port, requests };
  }

  const lifetimes = (requests: readonly Buffer[]): number[] => requests.map((request) => request.readUInt32BE(4));

  it("tells its address, and keeps no mapping", async () => {
    const router = await listen((request, reply) => {
      reply(hex("deadbeef"));
      reply(answerTo(request));
    });
    const answer = await pcpAddress("127.0.0.1", { clock: systemClock, signal, timeoutMs: 5000, port: router.port });
    expect(answer).toMatchObject({ ok: true, address: "203.0.113.7" });
    expect(lifetimes(router.requests)).toEqual([120, 0]);
    const [made, deleted] = router.requests.map((request) => request.subarray(24, 42).toString("hex"));
    expect(deleted).toBe(made);
  });

  it("that gives no answer is asked to delete what it may have made", async () => {
    const router = await listen(() => undefined);
    const answer = await pcpAddress("127.0.0.1", { clock: systemClock, signal, timeoutMs: 200, port: router.port });
    expect(answer).toMatchObject({ ok: false, outcome: "Timeout" });
    expect(lifetimes(router.requests)).toEqual([120, 0]);
  });

  it("is asked to delete the mapping even when nobody waits any longer", async () => {
    const abort = new AbortController();
    const router = await listen((request, reply) => {
      if (request.readUInt32BE(4) === 0) reply(answerTo(request));
      else abort.abort(new Error("enough"));
    });
    const options = { clock: systemClock, signal: abort.signal, timeoutMs: 5000, port: router.port };
    await expect(pcpAddress("127.0.0.1", options)).rejects.toThrow("enough");
    expect(lifetimes(router.requests)).toEqual([120, 0]);
  });

  it("refuses in words", async () => {
    const router = await listen((request, reply) => {
      reply(answerTo(request, 2));
    });
    const answer = await pcpAddress("127.0.0.1", { clock: systemClock, signal, timeoutMs: 5000, port: router.port });
    expect(answer).toMatchObject({ ok: false, outcome: "Refused" });
  });
});
