import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import type { Server } from "node:http";
import { connect, type Socket } from "node:net";
import { text as readAll } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { StatusServer, text } from "./server.ts";
import { silentLog, type VirtualClock, virtualClock } from "../runtime/testing.ts";

let clock: VirtualClock;
let server: StatusServer;
let origin: string;
let made: number;

beforeEach(async () => {
  clock = virtualClock();
  made = 0;
  server = new StatusServer(
    {
      "/": () => text(200, `page ${++made}`),
      "/tagged": () => ({ ...text(200, "same"), tagged: true }),
      "/slow": () => Promise.resolve(text(200, "ö")),
      "/broken": () => {
        throw new Error("secret detail");
      },
    },
    clock,
    silentLog(),
    {
      actions: { "/act": (authorization) => text(202, authorization ?? "nobody") },
      serves: (host) => !/evil/.test(host),
    },
  );
  origin = `http://127.0.0.1:${await server.listen(0, "127.0.0.1")}`;
});
afterEach(async () => {
  await server.close(0);
});

const ask = async (
  path: string,
  init: RequestInit = {},
): Promise<{ status: number; body: string; headers: Headers }> => {
  const response = await fetch(origin + path, init);
  return { status: response.status, body: await response.text(), headers: response.headers };
};

/** The raw bytes that come back, until the server closes. */
const send = (bytes: string): Promise<string> => {
  const socket = connect(Number(new URL(origin).port), "127.0.0.1");
  socket.write(bytes);
  return readAll(socket);
};

describe("StatusServer", () => {
  it("answers its paths, whatever the query", async () => {
    expect(await ask("/?x=<script>")).toMatchObject({ status: 200, body: "page 1\n" });
    expect((await ask("/slow")).body).toBe("ö\n");
  });

  it("answers HEAD as GET, without the body", async () => {
    const head = await ask("/slow", { method: "HEAD" });
    expect([head.status, head.body, head.headers.get("content-length")]).toEqual([200, "", "3"]);
  });

  it.each(["/nothing", "/raw/", "/../etc/passwd", "/%72aw", "//example.com/"])("knows no %s", async (path) => {
    expect(await ask(path)).toMatchObject({ status: 404, body: "not found\n" });
  });

  it.each(["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])("refuses %s", async (method) => {
    const refused = await ask("/", { method, ...(method === "OPTIONS" ? {} : { body: "x".repeat(100_000) }) });
    expect([refused.status, refused.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
    expect(made).toBe(0);
  });

  it("has its security headers on every answer", async () => {
    for (const path of ["/", "/nothing", "/broken"]) {
      const { headers } = await ask(path);
      expect(headers.get("content-security-policy")).toContain("default-src 'none'");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("x-frame-options")).toBe("DENY");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("server")).toBeNull();
    }
  });

  it("tells nothing of an error but that there was one", async () => {
    expect(await ask("/broken")).toMatchObject({ status: 500, body: "internal error\n" });
  });

  it("makes a page at most once a second for however many readers", async () => {
    const bodies = await Promise.all(Array.from({ length: 50 }, async () => (await ask("/")).body));
    expect(new Set(bodies)).toEqual(new Set(["page 1\n"]));
    await clock.run(1_000);
    expect((await ask("/")).body).toBe("page 2\n");
  });

  it("answers nonsense by closing", async () => {
    expect(await send("NONSENSE\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 /);
    expect(await send(`GET / HTTP/1.1\r\nHost: x\r\nX: ${"x".repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /);
    expect(await send("GET http://example.com/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).toMatch(/ 404 /);
  });

  it("closes although a client holds its connection open", async () => {
    const socket = connect(Number(new URL(origin).port), "127.0.0.1");
    socket.on("error", () => undefined);
    socket.write("GET / HTTP/1.1\r\n");
    await ask("/");
    await server.close(0);
    expect(await readAll(socket)).toBe("");
    await server.listen(0, "127.0.0.1");
  });

  it("lets in 256 connections at a time, and cuts those beyond", async () => {
    const port = Number(new URL(origin).port);
    const clients: Socket[] = [];
    const open = async (): Promise<Socket> => {
      const client = connect(port, "127.0.0.1")
        .on("error", () => undefined)
        .resume();
      clients.push(client);
      await once(client, "connect");
      return client;
    };
    for (let i = 0; i < 256; i++) await open();
    await once(await open(), "close");
    expect(clients.filter(({ destroyed }) => !destroyed)).toHaveLength(256);
    for (const client of clients) client.destroy();
  });

  it("waits for slow clients no longer than this, and reads no more headers", async () => {
    const servers: Server[] = [];
    const onRequest = (message: unknown): void => {
      servers.push((message as { server: Server }).server);
    };
    subscribe("http.server.request.start", onRequest);
    await ask("/");
    unsubscribe("http.server.request.start", onRequest);
    expect(servers[0]).toMatchObject({
      headersTimeout: 5_000,
      requestTimeout: 10_000,
      keepAliveTimeout: 5_000,
      timeout: 15_000,
      maxHeadersCount: 64,
    });
  });

  it("sends no body to whoever has it already", async () => {
    const first = await ask("/tagged");
    const etag = first.headers.get("etag") ?? "";
    expect(etag).toMatch(/^"[\w-]{22}"$/);
    expect(first.headers.get("cache-control")).toBe("no-cache");
    for (const tag of [etag, `W/${etag}`, `"other", ${etag}`]) {
      const again = await ask("/tagged", { headers: { "if-none-match": tag } });
      expect([again.status, again.body, again.headers.get("etag")]).toEqual([304, "", etag]);
    }
    expect(await ask("/tagged", { headers: { "if-none-match": '"other"' } })).toMatchObject({ status: 200 });
    expect((await ask("/")).headers.get("etag")).toBeNull();
  });

  it("acts on POST alone, and tells the action nothing but who asks", async () => {
    const posted = await ask("/act", { method: "POST", headers: { authorization: "Bearer x" }, body: "ignored" });
    expect(posted).toMatchObject({ status: 202, body: "Bearer x\n" });
    const refused = await ask("/act");
    expect([refused.status, refused.headers.get("allow")]).toEqual([405, "POST"]);
  });

  it.each([
    ["a path that is too long", `GET /${"x".repeat(3_000)} HTTP/1.1\r\nHost: x`, 414],
    ["a broken encoding", "GET /%zz HTTP/1.1\r\nHost: x", 400],
    ["an encoding that is no UTF-8", "GET /%ff HTTP/1.1\r\nHost: x", 400],
    ["no Host", "GET / HTTP/1.1", 400],
    ["two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b", 400],
    ["a Host that is none", "GET / HTTP/1.1\r\nHost: a/../b", 400],
    ["a Host with a user", "GET / HTTP/1.1\r\nHost: user@a", 400],
    ["a method that is none", "BREW / HTTP/1.1\r\nHost: x", 400],
    ["an expectation", "GET / HTTP/1.1\r\nHost: x\r\nExpect: more", 417],
    ["a client that waits to be told to go on", "GET / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue", 100],
    ["a request for a proxy", "CONNECT a:443 HTTP/1.1\r\nHost: a", 405],
    ["TRACE", "TRACE / HTTP/1.1\r\nHost: x", 405],
    ["somebody else's Host", "GET / HTTP/1.1\r\nHost: evil.example", 421],
    ["somebody else's Host, where there is nothing", "GET /nothing HTTP/1.1\r\nHost: evil.example", 421],
    ["somebody else's Host in HTTP/1.0", "GET / HTTP/1.0\r\nHost: evil.example", 421],
    ["no Host in HTTP/1.0, which browsers never send", "GET / HTTP/1.0", 200],
    ["an IPv6 Host, which is right", "GET / HTTP/1.1\r\nHost: [fd00::100]:80", 200],
  ])("answers %s", async (_name, head, status) => {
    const answer = await send(`${head}\r\nConnection: close\r\n\r\n`);
    expect(answer.split("\r\n", 1)[0]).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  it("says to a browser that comes by another name what to do, and makes no page for it", async () => {
    const answer = await send("GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
    expect(answer).toContain("Open it by its IP address, or list the name in esddns:service.hosts.");
    expect(answer).not.toContain("evil");
    expect(made).toBe(0);
  });

  it("cuts a request for a proxy, however long its client holds the connection open", async () => {
    const socket = connect({ port: Number(new URL(origin).port), host: "127.0.0.1", allowHalfOpen: true });
    socket.on("error", () => undefined);
    socket.write("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(await readAll(socket)).toContain(" 405 ");
    await server.close(0);
    socket.destroy();
  });

  it("outlives a request for a proxy whose client resets the connection", async () => {
    const crash = vi.fn();
    process.on("uncaughtException", crash);
    for (let i = 0; i < 5; i++) {
      const socket = connect(Number(new URL(origin).port), "127.0.0.1");
      await once(socket, "connect");
      socket.write("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", () => socket.resetAndDestroy());
      await once(socket, "close");
      expect((await ask("/slow")).status).toBe(200);
    }
    process.off("uncaughtException", crash);
    expect(crash).not.toHaveBeenCalled();
  });
});
