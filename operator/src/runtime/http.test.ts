/** Against real servers on loopback: what a pool of connections does that its users rely on. */
import dns from "node:dns";
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { connect, createServer as createTcpServer } from "node:net";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { TEST_CERTIFICATE, TEST_KEY } from "./testingTls.ts";
import { type Http, type HttpLimits, httpPool, readText } from "./http.ts";

const PATIENT: HttpLimits = { connectMs: 30_000, headersMs: 30_000, bodyMs: 30_000 };
const never = new AbortController().signal;

let server: Server;
let connections: Set<Socket>;
let http: Http;
let onRequest: RequestListener;
let url: string;

beforeEach(async () => {
  connections = new Set();
  server = createServer((request, response) => {
    onRequest(request, response);
  });
  server.on("connection", (socket) => connections.add(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/path?query=1`;
  http = httpPool();
});

afterEach(() => {
  http.destroy();
  server.closeAllConnections();
  server.close();
});

type Found = (error: null, addresses: dns.LookupAddress[]) => void;

/**
 * Starts a server in a thread that stands still, and fills its queue of waiting connections: the kernel drops every
 * further SYN until `accept` lets the thread continue.
 */
async function lateServer(scheme: "http" | "https") {
  const go = new Int32Array(new SharedArrayBuffer(4));
  const workerData = { go, scheme, tls: { key: TEST_KEY, cert: TEST_CERTIFICATE } };
  const program = `
    const { workerData, parentPort } = require("node:worker_threads");
    const { go, scheme, tls } = workerData;
    const server = require("node:" + scheme).createServer(tls, (_, response) => response.writeHead(204).end());
    server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
      parentPort.postMessage(server.address().port);
      Atomics.wait(go, 0, 0);
    });`;
  const thread = new Worker(program, { eval: true, workerData });
  const [port] = (await once(thread, "message")) as [number];
  // Linux lets one more wait than the backlog says.
  const waiting = [connect(port, "127.0.0.1"), connect(port, "127.0.0.1")];
  await Promise.all(waiting.map((socket) => once(socket, "connect")));
  return {
    port,
    accept: () => {
      Atomics.store(go, 0, 1);
      Atomics.notify(go, 0);
    },
    close: () => {
      for (const socket of waiting) socket.destroy();
      return thread.terminate();
    },
  };
}

const get = (limits: Partial<HttpLimits> = {}, signal = never) =>
  http.send({ url, method: "GET", headers: {} }, { ...PATIENT, ...limits }, signal);

async function text(): Promise<string> {
  return readText((await get()).body, 1_000);
}

test("method, path, headers and body arrive; status, headers and body come back", async () => {
  const arrived: unknown[] = [];
  onRequest = (request, response) => {
    void request.toArray().then((chunks) => {
      arrived.push(request.method, request.url, request.headers["x-one"], Buffer.concat(chunks as Buffer[]).toString());
      response.writeHead(201, { "x-two": "2" }).end("done");
    });
  };
  const answer = await http.send({ url, method: "PUT", headers: { "x-one": "1" }, body: "käse" }, PATIENT, never);
  expect(arrived).toEqual(["PUT", "/path?query=1", "1", "käse"]);
  expect([answer.status, answer.header("x-two"), answer.header("x-three")]).toEqual([201, "2", undefined]);
  expect(await readText(answer.body, 4)).toBe("done");
});

test("a connection whose answer was read is used again; one whose answer was not is given up", async () => {
  onRequest = (_, response) => response.end("x");
  for (let i = 0; i < 3; i++) await text();
  expect(connections.size).toBe(1);
  onRequest = (_, response) => void response.write("never ends");
  (await get()).discard();
  onRequest = (_, response) => response.end("x");
  expect(await text()).toBe("x");
  expect(connections.size).toBe(2);
});

test("what is idle is closed when the pool retires, and what is under way ends", async () => {
  onRequest = (_, response) => response.end("x");
  await text();
  const [idle] = connections;
  const closed = once(idle as Socket, "close");
  http.retire();
  await closed;

  const later = Promise.withResolvers<() => void>();
  onRequest = (_, response) => {
    response.write("be");
    later.resolve(() => response.end("gun"));
  };
  const answer = await get();
  http.retire();
  (await later.promise)();
  expect(await readText(answer.body, 10)).toBe("begun");
});

test("silence before the answer and within it is a TimeoutError", async () => {
  onRequest = () => undefined;
  await expect(get({ headersMs: 20 })).rejects.toMatchObject({ name: "TimeoutError" });
  onRequest = (_, response) => void response.write("x");
  const { body } = await get({ bodyMs: 20 });
  await expect(readText(body, 10)).rejects.toMatchObject({ name: "TimeoutError" });
});

test("a connection that does not come about is a TimeoutError, TLS included", async () => {
  const mute = createTcpServer(() => undefined);
  mute.listen(0, "127.0.0.1");
  await once(mute, "listening");
  const request = { url: `https://127.0.0.1:${(mute.address() as AddressInfo).port}/`, method: "GET", headers: {} };
  await expect(http.send(request, { ...PATIENT, connectMs: 20 }, never)).rejects.toMatchObject({
    name: "TimeoutError",
    message: "no connection within 20 ms",
  });
  mute.close();
});

test.each(["http", "https"] as const)("over %s a host is reached whose first address answers late", async (scheme) => {
  const late = await lateServer(scheme);
  const pool = httpPool({ ca: TEST_CERTIFICATE });
  const lookup = vi.spyOn(dns, "lookup").mockImplementation(((_host: string, _options: object, found: Found) => {
    found(null, [
      { address: "127.0.0.1", family: 4 },
      // Nothing listens there.
      { address: "::1", family: 6 },
    ]);
    // The first SYN has been dropped by now. The next one is sent a second later.
    late.accept();
  }) as unknown as typeof dns.lookup);
  try {
    const request = { url: `${scheme}://echo.example:${late.port}/`, method: "GET", headers: {} };
    expect((await pool.send(request, PATIENT, never)).status).toBe(204);
  } finally {
    lookup.mockRestore();
    pool.destroy();
    await late.close();
  }
});

test("whoever gives up hears the own reason, before the answer and within it", async () => {
  const reason = new Error("enough");
  const first = new AbortController();
  onRequest = () => {
    first.abort(reason);
  };
  await expect(get({}, first.signal)).rejects.toBe(reason);
  await expect(get({}, first.signal)).rejects.toBe(reason);
  const second = new AbortController();
  onRequest = (_, response) => void response.write("x");
  const { body } = await get({}, second.signal);
  setImmediate(() => {
    second.abort(reason);
  });
  await expect(readText(body, 10)).rejects.toBe(reason);
});

test("an answer that is cut, or longer than it may be, is an error", async () => {
  onRequest = (request, response) => {
    response.writeHead(200, { "content-length": 10 });
    response.write("x", () => request.socket.destroy());
  };
  const { body } = await get();
  await expect(readText(body, 10)).rejects.toMatchObject({ code: "ECONNRESET" });
  onRequest = (_, response) => response.end("four");
  await expect(readText((await get()).body, 3)).rejects.toThrow("an answer of more than 3 bytes");
});

test("after its end nothing is left of a pool", async () => {
  onRequest = (_, response) => void response.write("x");
  const { body } = await get();
  http.destroy();
  await expect(readText(body, 10)).rejects.toMatchObject({ code: "ECONNRESET" });
});
