import { once } from "node:events";
import type { IncomingMessage, RequestListener } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { createServer as createTcpServer } from "node:net";
import tls, { createServer as createTlsServer, getCACertificates, setDefaultCACertificates } from "node:tls";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { EchoResult } from "./echo.ts";
import { fetchEcho } from "./echo.ts";
import { TEST_CERTIFICATE, TEST_KEY } from "../runtime/testingTls.ts";

const loopback = { family: "IPv4", text: "127.0.0.1" } as const;
const trusted = getCACertificates("default");
const closing: (() => void)[] = [];

beforeEach(() => {
  setDefaultCACertificates([...trusted, TEST_CERTIFICATE]);
});

afterEach(() => {
  setDefaultCACertificates(trusted);
  for (const close of closing.splice(0)) close();
});

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer({ key: TEST_KEY, cert: TEST_CERTIFICATE }, listener);
  closing.push(() => {
    server.close();
    server.closeAllConnections();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** Answers every request with these bytes and closes the connection. */
async function serveRaw(answer: string): Promise<number> {
  const server = createTlsServer({ key: TEST_KEY, cert: TEST_CERTIFICATE }, (socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => socket.end(answer));
  });
  closing.push(() => server.close());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

async function ask(port: number, host = "echo.example"): Promise<EchoResult> {
  return fetchEcho(new URL(`https://${host}:${port}/ip?x=1`), loopback, AbortSignal.timeout(5000));
}

const answering =
  (body: string, status = 200, headers: Record<string, string> = {}): RequestListener =>
  (_request, response) => {
    response.writeHead(status, headers).end(body);
  };

describe("fetchEcho", () => {
  it.each(["203.0.113.7", "203.0.113.7\n", "203.0.113.7\r\n"])("takes %j", async (body) => {
    expect(await ask(await serve(answering(body)))).toEqual({
      ok: true,
      address: { family: "IPv4", text: "203.0.113.7" },
    });
  });

  it("contacts the given address under the URL's name, for its path", async () => {
    const requests: (IncomingMessage & { name: string | undefined })[] = [];
    const port = await serve((request, response) => {
      requests.push(Object.assign(request, { name: (request.socket as { servername?: string }).servername }));
      response.end("2001:DB8::1");
    });
    expect(await ask(port)).toMatchObject({ address: { text: "2001:db8::1" } });
    expect(requests[0]).toMatchObject({ name: "echo.example", url: "/ip?x=1", method: "GET" });
    expect(requests[0]?.headers.host).toBe(`echo.example:${port}`);
  });

  it("makes a new connection each time", async () => {
    const ports = new Set<number | undefined>();
    const port = await serve((request, response) => {
      ports.add(request.socket.remotePort);
      response.end("203.0.113.7");
    });
    await ask(port);
    await ask(port);
    expect(ports.size).toBe(2);
  });

  it.each([
    ["a page", "<html>Log in to the hotel's network</html>"],
    ["nothing", ""],
    ["a blank before", " 203.0.113.7"],
    ["two lines", "203.0.113.7\n\n"],
    ["two addresses", "203.0.113.7, 10.0.0.1"],
    ["a port", "203.0.113.7:80"],
    ["JSON", '{"ip":"203.0.113.7"}'],
    ["too much", "203.0.113.7".padEnd(4096, "\n")],
  ])("refuses a body that is %s", async (_name, body) => {
    expect(await ask(await serve(answering(body)))).toMatchObject({ ok: false, outcome: "Malformed" });
  });

  it("stops reading a body without an end", async () => {
    const port = await serve((_request, response) => {
      response.write("203.0.113.7".padEnd(100));
    });
    expect(await ask(port)).toMatchObject({ ok: false, outcome: "Malformed" });
  });

  it("follows no redirect", async () => {
    let requests = 0;
    const port = await serve((_request, response) => {
      requests++;
      response.writeHead(302, { location: "/other" }).end("203.0.113.7");
    });
    expect(await ask(port)).toEqual({ ok: false, outcome: "Refused", detail: "HTTP 302: redirects are not followed" });
    expect(requests).toBe(1);
  });

  it.each([201, 204, 206, 403, 429, 500, 503])("refuses status %d", async (status) => {
    expect(await ask(await serve(answering("203.0.113.7", status)))).toMatchObject({ outcome: "Refused" });
  });

  it("takes the same context for every connection", async () => {
    const port = await serve(answering("203.0.113.7"));
    const made = vi.spyOn(tls, "createSecureContext");
    for (let i = 0; i < 3; i++) expect(await ask(port)).toMatchObject({ ok: true });
    expect(made).not.toHaveBeenCalled();
    made.mockRestore();
  });

  it("refuses a certificate for another name", async () => {
    expect(await ask(await serve(answering("203.0.113.7")), "evil.example")).toMatchObject({ outcome: "TlsFailed" });
  });

  it("refuses a certificate that nobody vouches for, whatever the environment says", async () => {
    setDefaultCACertificates(trusted);
    vi.resetModules();
    const { fetchEcho: anew } = await import("./echo.ts");
    process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
    try {
      const url = new URL(`https://echo.example:${await serve(answering("203.0.113.7"))}/ip`);
      expect(await anew(url, loopback, AbortSignal.timeout(5000))).toMatchObject({ outcome: "TlsFailed" });
    } finally {
      delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
    }
  });

  it("refuses a server that does not speak TLS", async () => {
    const server = createTcpServer((socket) => {
      socket.on("error", () => undefined);
      socket.end("HTTP/1.1 200 OK\r\n\r\n203.0.113.7");
    });
    closing.push(() => server.close());
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    expect(await ask((server.address() as AddressInfo).port)).toMatchObject({ outcome: "TlsFailed" });
  });

  it("refuses an answer that is cut short", async () => {
    const port = await serve((_request, response) => {
      response.writeHead(200, { "content-length": "11" });
      response.write("203.0.113", () => response.destroy());
    });
    expect(await ask(port)).toMatchObject({ ok: false, outcome: "Unreachable" });
  });

  it.each([
    ["has no length", "HTTP/1.1 200 OK", "203.0.113.2"],
    ["has no length and says that the connection is its end", "HTTP/1.1 200 OK\r\nConnection: close", "203.0.113.2"],
    ["has no length, as in HTTP/1.0", "HTTP/1.0 200 OK", "203.0.113.2\n"],
    ["has a coding without an end", "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity", "203.0.113.2"],
    ["has a coding after the chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, identity", "203.0.113.2"],
  ])("refuses a body that %s: the rest may have been cut off", async (_name, head, body) => {
    expect(await ask(await serveRaw(`${head}\r\n\r\n${body}`))).toMatchObject({ ok: false, outcome: "Malformed" });
  });

  const CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  it.each([
    ["before its length", "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n203.0.113.2"],
    ["within a chunk", `${CHUNKED}c\r\n203.0.113.2`],
    ["between two chunks", `${CHUNKED}b\r\n203.0.113.2\r\n`],
    ["within the last chunk", `${CHUNKED}b\r\n203.0.113.2\r\n0\r\n`],
  ])("refuses a body that ends %s", async (_name, answer) => {
    expect(await ask(await serveRaw(answer))).toMatchObject({ ok: false, outcome: "Unreachable" });
  });

  it("takes a body in chunks that comes to its end", async () => {
    expect(await ask(await serveRaw(`${CHUNKED}b\r\n203.0.113.2\r\n1\r\n3\r\n0\r\n\r\n`))).toMatchObject({
      ok: true,
      address: { text: "203.0.113.23" },
    });
  });

  it("says that nobody listens", async () => {
    const server = createTcpServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");
    expect(await ask(port)).toMatchObject({ ok: false, outcome: "Unreachable" });
  });

  it("rejects when the signal aborts, before and during the answer", async () => {
    const arrived = Promise.withResolvers<undefined>();
    const port = await serve((_request, response) => {
      response.writeHead(200).flushHeaders();
      arrived.resolve(undefined);
    });
    const url = new URL(`https://echo.example:${port}/`);
    const abort = new AbortController();
    const asked = fetchEcho(url, loopback, abort.signal);
    const outcome = expect(asked).rejects.toThrow("enough");
    await arrived.promise;
    abort.abort(new Error("enough"));
    await outcome;
    await expect(fetchEcho(url, loopback, abort.signal)).rejects.toThrow("enough");
  });
});
