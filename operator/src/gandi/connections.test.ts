/** The client against a real server on loopback that behaves as servers and networks do on bad days. */
import dns from "node:dns";
import { once } from "node:events";
import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { systemClock } from "../runtime/clock.ts";
import { httpPool } from "../runtime/http.ts";
import { TEST_CERTIFICATE, TEST_KEY } from "../runtime/testingTls.ts";
import { RateBudget } from "./budget.ts";
import { LiveDns, type LiveDnsOptions } from "./livedns.ts";
import { keptLog, virtualClock } from "../runtime/testing.ts";

const TIMEOUTS = { headersMs: 30_000, bodyMs: 30_000, totalMs: 30_000 };
const body = JSON.stringify({ rrset_name: "home", rrset_type: "A", rrset_ttl: 300, rrset_values: ["192.0.2.1"] });
type Found = (error: null, addresses: dns.LookupAddress[]) => void;
const never = new AbortController().signal;

let server: Server;
let port: number;
let connections: number;
let livedns: LiveDns;
let onRequest: RequestListener;

beforeEach(async () => {
  connections = 0;
  server = createServer((request, response) => {
    onRequest(request, response);
  });
  server.on("connection", () => connections++);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  port = (server.address() as AddressInfo).port;
});

afterEach(() => {
  server.closeAllConnections();
  livedns.close();
  server.close();
});

function client(options: Partial<LiveDnsOptions> = {}): LiveDns {
  livedns = new LiveDns({
    baseUrl: `http://127.0.0.1:${port}/v5/livedns/`,
    token: () => Promise.resolve("pat-0123456789abcdef0123456789abcdef0123"),
    clock: systemClock,
    log: keptLog().log,
    timeouts: TIMEOUTS,
    budget: new RateBudget(systemClock, { limit: 28 }),
    ...options,
  });
  return livedns;
}

function get(signal: AbortSignal = never): ReturnType<LiveDns["getRrset"]> {
  return livedns.getRrset("example.com", "home", "A", signal);
}

/** Resolves with the response when the next request has arrived. Only the test answers it. */
function nextRequest(): Promise<ServerResponse> {
  return new Promise((resolve) => {
    onRequest = (_, response) => {
      resolve(response);
    };
  });
}

test("a server that answers byte by byte is understood", async () => {
  onRequest = (_, response) => {
    response.writeHead(200, { "content-type": "application/json; charset=utf-8" });
    for (const character of body) response.write(character);
    response.end();
  };
  client();
  expect(await get()).toMatchObject({ ok: true, value: { values: ["192.0.2.1"] } });
});

test("a server that never answers is a Timeout when the total time is over, and not before", async () => {
  const clock = virtualClock();
  client({ clock });
  const arrived = nextRequest();
  const result = get();
  await arrived;
  clock.advance(29_999);
  expect(await Promise.race([result, setImmediate("still waiting")])).toBe("still waiting");
  clock.advance(1);
  expect(await result).toMatchObject({ ok: false, error: { kind: "Timeout" } });
});

test("the time runs on while the body trickles", async () => {
  const clock = virtualClock();
  client({ clock });
  const arrived = nextRequest();
  const result = get();
  const response = await arrived;
  response.write("{");
  clock.advance(30_000);
  expect(await result).toMatchObject({ ok: false, error: { kind: "Timeout" } });
});

test.each([
  ["headers", { ...TIMEOUTS, headersMs: 20 }, () => undefined],
  ["body", { ...TIMEOUTS, bodyMs: 20 }, (response: ServerResponse) => response.write("{")],
])("%s have a time limit of their own", async (_, timeouts, begin) => {
  onRequest = (_request, response) => {
    begin(response);
  };
  client({ timeouts });
  expect(await get()).toMatchObject({ ok: false, error: { kind: "Timeout" } });
});

test("a connection that is cut before or within the answer is a Network failure, never an empty answer", async () => {
  client();
  onRequest = (request) => request.socket.destroy();
  expect(await get()).toMatchObject({ ok: false, error: { kind: "Network" } });
  onRequest = (request, response) => {
    response.writeHead(200, { "content-length": body.length });
    response.write(body.slice(0, 10), () => request.socket.destroy());
  };
  expect(await get()).toMatchObject({ ok: false, error: { kind: "Network" } });
});

test.each([
  ["the rrset", 200, body],
  ["no such rrset", 404, JSON.stringify({ code: 404, message: "Not found", object: "dns-record", cause: "Not Found" })],
])("an answer without a length that says %s is believed only when all of it has come", async (_, status, answer) => {
  client({ budget: new RateBudget(systemClock, { limit: 1_000 }) });
  const cutAfter = async (bytes: number): ReturnType<LiveDns["getRrset"]> => {
    onRequest = ({ socket }) => socket.end(`HTTP/1.1 ${status} Answer\r\n\r\n${answer.slice(0, bytes)}`);
    return get();
  };
  for (let bytes = 0; bytes < answer.length; bytes++) expect(await cutAfter(bytes)).toMatchObject({ ok: false });
  expect(await cutAfter(answer.length)).toMatchObject({ ok: true });
});

test("nobody listening, and somebody who does not speak TLS, are Network failures that name the reason", async () => {
  client({ baseUrl: `https://127.0.0.1:${port}/` });
  onRequest = (_, response) => response.end();
  expect(await get()).toMatchObject({ ok: false, error: { kind: "Network" } });
  server.close();
  await once(server, "close");
  client();
  expect(await get()).toMatchObject({
    error: { kind: "Network", message: expect.stringContaining("ECONNREFUSED at 127.0.0.1") as string },
  });
});

test.each([
  [
    "is for another host",
    TEST_CERTIFICATE,
    "the certificate of 127.0.0.1 is for other names than api.gandi.net",
    false,
  ],
  ["is not trusted", undefined, "the certificate of 127.0.0.1 is not trusted", true],
])("a server whose certificate %s is named, with what leads to it", async (_, ca, problem, tellsOfClock) => {
  const other = createTlsServer({ key: TEST_KEY, cert: TEST_CERTIFICATE }, (_request, response) => response.end(body));
  other.listen(0, "127.0.0.1");
  await once(other, "listening");
  const wildcard = vi.spyOn(dns, "lookup").mockImplementation(((_host: string, _options: object, found: Found) => {
    found(null, [{ address: "127.0.0.1", family: 4 }]);
  }) as unknown as typeof dns.lookup);
  const baseUrl = `https://api.gandi.net:${(other.address() as AddressInfo).port}/v5/livedns`;
  client({ baseUrl, connect: () => httpPool({ ca }) });
  const result = await get();
  wildcard.mockRestore();
  other.close();
  if (result.ok) expect.unreachable();
  expect(result.error.kind).toBe("Network");
  expect(result.error.message).toContain(problem);
  expect(result.error.message).toContain("if 127.0.0.1 is not an address of api.gandi.net, look for a wildcard record");
  expect(result.error.message.includes("clock")).toBe(tellsOfClock);
});

test("a redirect is not followed: the token stays here", async () => {
  const asked: (string | undefined)[] = [];
  onRequest = (request, response) => {
    asked.push(request.url);
    response.writeHead(301, { location: `http://127.0.0.1:${port}/elsewhere` }).end();
  };
  client();
  expect(await get()).toMatchObject({ error: { kind: "Unexpected", status: 301 } });
  expect(asked).toEqual(["/v5/livedns/domains/example.com/records/home/A"]);
});

test("a body without end is given up", async () => {
  let written = 0;
  onRequest = (request, response) => {
    const flood = (): void => {
      while (!request.socket.destroyed && response.write("x".repeat(10_000))) written += 10_000;
    };
    response.on("drain", flood);
    flood();
  };
  client();
  expect(await get()).toMatchObject({ error: { kind: "Unexpected" } });
  expect(written).toBeLessThan(50_000_000);
});

test("a caller that aborts gets its own reason, at once", async () => {
  client();
  const controller = new AbortController();
  const reason = new Error("shutting down");
  const arrived = nextRequest();
  const result = get(controller.signal);
  await arrived;
  controller.abort(reason);
  await expect(result).rejects.toBe(reason);
  await expect(get(controller.signal)).rejects.toBe(reason);
});

test("connections are used again until they are dropped, and a request under way ends on its own", async () => {
  onRequest = (_, response) => response.end(body);
  client();
  await get();
  await setImmediate(); // The pool takes a connection back only after the answer has been handed out.
  await get();
  await setImmediate();
  expect(connections).toBe(1);

  const arrived = nextRequest();
  const underWay = get();
  const response = await arrived;
  livedns.dropConnections();
  response.end(body);
  expect(await underWay).toMatchObject({ ok: true });

  onRequest = (_, next) => next.end(body);
  await get();
  expect(connections).toBe(2);
});
