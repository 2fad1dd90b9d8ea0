import { getEventListeners, once } from "node:events";
import type { AddressInfo, Server, Socket } from "node:net";
import { createServer as createTcpServer } from "node:net";
import tls, { createServer as createTlsServer, getCACertificates, setDefaultCACertificates } from "node:tls";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "../runtime/clock.ts";
import { encodeAddress, XOR_MAPPED_ADDRESS } from "./attributes.ts";
import { describe as inWords } from "./codec.ts";
import { MessageReader } from "./framing.ts";
import { encodeMessage } from "./message.ts";
import { bindingOverTcp, bindingOverTls } from "./stream.ts";
import { TEST_CERTIFICATE, TEST_KEY } from "../runtime/testingTls.ts";
import { hex, RFC5769 } from "./testing.ts";
import type { TransactionResult } from "./transaction.ts";
import { virtualClock } from "../runtime/testing.ts";

function success(request: Uint8Array): Uint8Array {
  const transactionId = request.subarray(8, 20);
  const value = encodeAddress(Uint8Array.of(192, 0, 2, 1), 4711, transactionId);
  return encodeMessage({
    class: "success",
    method: 1,
    transactionId,
    attributes: [{ type: XOR_MAPPED_ADDRESS, value }],
  });
}

describe("MessageReader", () => {
  const messages = [
    RFC5769.request,
    RFC5769.ipv4Response,
    RFC5769.ipv6Response,
    hex("00010000 2112a442 000000000000000000000000"),
  ];

  const junk = [Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n"), hex("0101fffc 2112a442 000000000000000000000000")];
  const strings = (all: readonly Uint8Array[]): string[] => all.map((bytes) => Buffer.from(bytes).toString("hex"));

  it("finds the messages of a stream and its end, however it is cut", () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 20 });
    const sequence = fc.array(fc.constantFrom(...messages), { maxLength: 6 });
    const end = fc.constantFrom(undefined, ...junk);
    fc.assert(
      fc.property(sequence, end, cuts, (sent, after, sizes) => {
        const stream = Buffer.concat([...sent, after ?? Buffer.alloc(0)]);
        const reader = new MessageReader();
        const found: Uint8Array[] = [];
        const errors = new Set<string>();
        for (let at = 0, i = 0; at < stream.length; i++) {
          const size = sizes[i % sizes.length] ?? 1;
          const { messages, error } = reader.push(stream.subarray(at, at + size));
          found.push(...messages);
          if (error !== undefined) errors.add(inWords(error));
          at += size;
        }
        expect(strings(found)).toEqual(strings(sent));
        const { error } = new MessageReader().push(after ?? Buffer.alloc(0));
        expect([...errors]).toEqual(error === undefined ? [] : [inWords(error)]);
      }),
    );
  });

  it.each([
    ["HTTP", Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")],
    ["another cookie", hex("01010000 2112a443 000000000000000000000000")],
    ["a length that is no multiple of 4", hex("01010002 2112a442 000000000000000000000000")],
    ["a length beyond the bound", hex("0101fffc 2112a442 000000000000000000000000")],
  ])("gives up on %s, at once", (_name, bytes) => {
    expect(new MessageReader().push(bytes).error).toBeDefined();
  });
});

const servers: Server[] = [];
const trusted = getCACertificates("default");
beforeEach(() => {
  setDefaultCACertificates([...trusted, TEST_CERTIFICATE]);
});
afterEach(() => {
  setDefaultCACertificates(trusted);
  for (const server of servers.splice(0)) server.close();
});

async function listen(transport: "tcp" | "tls", onRequest: (request: Buffer, socket: Socket) => void): Promise<number> {
  const onSocket = (socket: Socket): void => {
    socket.on("error", () => undefined);
    socket.once("data", (request) => {
      onRequest(request, socket);
    });
  };
  const own = { key: TEST_KEY, cert: TEST_CERTIFICATE };
  const server = transport === "tcp" ? createTcpServer(onSocket) : createTlsServer(own, onSocket);
  server.on("tlsClientError", () => undefined);
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

const options = { clock: systemClock, signal: new AbortController().signal };
const mapped = { family: "IPv4", address: "192.0.2.1", port: 4711 };

describe.each(["tcp", "tls"] as const)("a transaction over %s", (transport) => {
  async function ask(port: number, over: Partial<typeof options> = {}): Promise<TransactionResult> {
    const peer = { address: "127.0.0.1", port };
    const merged = { ...options, ...over };
    return transport === "tcp" ? bindingOverTcp(peer, merged) : bindingOverTls(peer, "echo.example", merged);
  }

  it("is one request and its answer", async () => {
    const port = await listen(transport, (request, socket) => {
      expect(request).toHaveLength(20);
      socket.write(success(request));
    });
    expect(await ask(port)).toMatchObject({ ok: true, mapped });
  });

  it("takes an answer glued to another message, byte by byte", async () => {
    const port = await listen(transport, (request, socket) => {
      socket.setNoDelay();
      for (const byte of Buffer.concat([RFC5769.ipv4Response, success(request)])) socket.write(Uint8Array.of(byte));
    });
    expect(await ask(port)).toMatchObject({ ok: true, mapped });
  });

  it("takes an answer that comes in one piece with what is no STUN", async () => {
    const port = await listen(transport, (request, socket) =>
      socket.write(Buffer.concat([success(request), Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")])),
    );
    expect(await ask(port)).toMatchObject({ ok: true, mapped });
  });

  it("ends when the stream is not STUN", async () => {
    const port = await listen(transport, (_request, socket) => socket.write("HTTP/1.1 400 Bad Request\r\n\r\n"));
    expect(await ask(port)).toMatchObject({ ok: false, failure: { kind: "Malformed" } });
  });

  it("refuses an answer that is cut, be it within the address or one byte before its end", async () => {
    for (const missing of [1, 4, 12]) {
      const port = await listen(transport, (request, socket) => socket.end(success(request).subarray(0, -missing)));
      expect(await ask(port)).toMatchObject({ ok: false, failure: { kind: "Unreachable" } });
    }
  });

  it("says that the server hung up", async () => {
    const port = await listen(transport, (_request, socket) => socket.end());
    expect(await ask(port)).toMatchObject({ ok: false, failure: { kind: "Unreachable" } });
  });

  it("gives up after 39.5 seconds, counted on its clock", async () => {
    const clock = virtualClock();
    const asked = Promise.withResolvers<undefined>();
    const port = await listen(transport, () => {
      asked.resolve(undefined);
    });
    const done = ask(port, { clock });
    await asked.promise;
    await clock.run(39_499);
    const early = await Promise.race([done, Promise.resolve("waiting")]);
    expect(early).toBe("waiting");
    await clock.run(1);
    expect(await done).toMatchObject({ ok: false, failure: { kind: "Timeout" } });
  });

  it("rejects with the signal's reason", async () => {
    const abort = new AbortController();
    const port = await listen(transport, () => {
      abort.abort(new Error("enough"));
    });
    await expect(ask(port, { signal: abort.signal })).rejects.toThrow("enough");
    await expect(ask(port, { signal: abort.signal })).rejects.toThrow("enough");
  });

  it("leaves nothing behind on the signal, neither after an answer nor where no connection can be begun", async () => {
    const { signal } = new AbortController();
    const port = await listen(transport, (request, socket) => socket.write(success(request)));
    await ask(port, { signal });
    await expect(ask(70_000, { signal })).rejects.toThrow(RangeError);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("says that nobody listens", async () => {
    const port = await listen(transport, () => undefined);
    const closed = servers.pop();
    closed?.close();
    if (closed?.listening === true) await once(closed, "close");
    expect(await ask(port)).toMatchObject({ ok: false, failure: { kind: "Unreachable" } });
  });
});

describe("TLS", () => {
  const peer = (port: number): { address: string; port: number } => ({ address: "127.0.0.1", port });

  it("takes the same context for every connection, though each has a handshake of its own", async () => {
    const port = await listen("tls", (request, socket) => socket.write(success(request)));
    const made = vi.spyOn(tls, "createSecureContext");
    for (let i = 0; i < 3; i++)
      expect(await bindingOverTls(peer(port), "echo.example", options)).toMatchObject({ mapped });
    expect(made).not.toHaveBeenCalled();
    made.mockRestore();
  });

  it("refuses a certificate for another name", async () => {
    const port = await listen("tls", (request, socket) => socket.write(success(request)));
    expect(await bindingOverTls(peer(port), "evil.example", options)).toMatchObject({ failure: { kind: "TlsFailed" } });
    expect(await bindingOverTls(peer(port), "127.0.0.1", options)).toMatchObject({ failure: { kind: "TlsFailed" } });
  });

  it("refuses a certificate that nobody vouches for", async () => {
    setDefaultCACertificates(trusted);
    vi.resetModules();
    const { bindingOverTls: anew } = await import("./stream.ts");
    const port = await listen("tls", (request, socket) => socket.write(success(request)));
    expect(await anew(peer(port), "echo.example", options)).toMatchObject({ failure: { kind: "TlsFailed" } });
  });

  it("refuses a server that does not speak TLS", async () => {
    const port = await listen("tcp", (_request, socket) => socket.end("plain"));
    expect(await bindingOverTls(peer(port), "echo.example", options)).toMatchObject({ failure: { kind: "TlsFailed" } });
  });
});
