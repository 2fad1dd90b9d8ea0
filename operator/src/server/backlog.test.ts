/** Limits of what clients can make the server hold, on connections that they do not read. */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { Agent, get, IncomingMessage, ServerResponse } from "node:http";
import { connect, Socket } from "node:net";
import { text as readAll } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Backlog, parseInPieces } from "./backlog.ts";
import { StatusServer, text } from "./server.ts";
import { silentLog, type VirtualClock, virtualClock } from "../runtime/testing.ts";

/** More than the kernel takes for a client that does not read. */
const LARGE = "x".repeat(16 * 1024 * 1024);
const READ = 64 * 1024;

let clock: VirtualClock;
let server: StatusServer;
let port: number;
/** The server's own ends of the connections, one for each request that Node has made an object of. */
let requests: Socket[];
let clients: Socket[];

const onRequest = (message: unknown): void => {
  requests.push((message as { socket: Socket }).socket);
};

beforeEach(async () => {
  clock = virtualClock();
  [requests, clients] = [[], []];
  subscribe("http.server.request.start", onRequest);
  server = new StatusServer(
    {
      "/": () => text(200, "page"),
      "/large": () => text(200, LARGE),
      "/some": () => text(200, LARGE.slice(0, 100_000)),
    },
    clock,
    silentLog(),
    { actions: { "/act": () => text(401, "no") } },
  );
  port = await server.listen(0, "127.0.0.1");
});
afterEach(async () => {
  unsubscribe("http.server.request.start", onRequest);
  for (const client of clients) client.destroy();
  await server.close(0);
});

/** A client that sends and never reads. */
function deaf(bytes: string): Socket {
  const client = connect(port, "127.0.0.1");
  clients.push(client);
  client.on("error", () => undefined);
  client.pause();
  client.write(bytes);
  return client;
}

async function settled(condition: () => boolean): Promise<void> {
  await vi.waitFor(
    () => {
      expect(condition()).toBe(true);
    },
    { timeout: 15_000, interval: 5 },
  );
}

const page = async (): Promise<number> => (await fetch(`http://127.0.0.1:${port}/`)).status;

describe("requests that are sent ahead", () => {
  it.each([
    ["GET", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"],
    ["HEAD", "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n"],
    ["GET of a large answer", "GET /some HTTP/1.1\r\nHost: x\r\n\r\n"],
    ["POST with no token", "POST /act HTTP/1.1\r\nHost: x\r\n\r\n"],
    ["requests of nothing that there is", "GET /n HTTP/1.1\r\nHost: x\r\n\r\n"],
    ["requests without a host", "GET / HTTP/1.1\r\n\r\n"],
    ["expectations", "GET / HTTP/1.1\r\nHost: x\r\nExpect: y\r\n\r\n"],
    ["expectations to go on", "GET / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n"],
  ])("by the thousand, %s, are not even parsed, and cost the client its connection", async (_what, request) => {
    const connections = 10;
    for (let i = 0; i < connections; i++) deaf(request.repeat(Math.ceil(READ / request.length)));
    await settled(() => new Set(requests).size === connections && requests.every(({ destroyed }) => destroyed));
    // Eight that wait, and what the rest of 256 bytes has.
    expect(requests.length).toBeLessThanOrEqual(connections * (8 + Math.ceil(256 / request.length)));
    expect(await page()).toBe(200);
  });

  it("are answered in their order where they are a few, also where the answers are large", async () => {
    const paths = ["/some", "/", "/some", "/none", "/some", "/some", "/"];
    const socket = connect(port, "127.0.0.1");
    socket.write(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`).join(""));
    socket.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const answers = (await readAll(socket)).split(/(?=HTTP\/1\.1 )/);
    const lengths = answers.map((answer) => [answer.slice(9, 12), answer.split("\r\n\r\n")[1]?.length]);
    const some = ["200", 100_001];
    expect(lengths).toEqual([some, ["200", 5], some, ["404", 10], some, some, ["200", 5], ["200", 5]]);
  });
});

describe("a connection that is used again", () => {
  it("serves request after request", async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = (): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        get({ port, host: "127.0.0.1", agent }, (answer) => {
          answer.resume().on("end", () => {
            resolve(answer.statusCode);
          });
        }).on("error", reject);
      });
    for (let i = 0; i < 40; i++) {
      expect(await ask()).toBe(200);
      await clock.run(20_000);
    }
    agent.destroy();
    expect(new Set(requests).size).toBe(1);
  });
});

describe("an answer that is not read", () => {
  it("has 30 seconds of its own, from when the one before it was taken", async () => {
    const client = connect(port, "127.0.0.1");
    clients.push(client);
    client.on("error", () => undefined).pause();
    client.write("GET /large HTTP/1.1\r\nHost: x\r\n\r\n".repeat(2));
    await settled(() => requests.length === 2 && requests.some(({ writableLength }) => writableLength > 0));
    const [served] = requests;
    await clock.run(29_000);
    let taken = 0;
    client.on("data", ({ length }) => {
      taken += length;
      if (taken > LARGE.length + 10_000) client.pause();
    });
    client.resume();
    await settled(() => taken > LARGE.length + 10_000);
    await clock.run(29_000);
    expect(served?.destroyed).toBe(false);
    await clock.run(1_000);
    await settled(() => served?.destroyed === true);
  });

  it.each([
    ["", ""],
    [", with more requests behind it", "GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(3)],
    [", with a request for a proxy behind it", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"],
  ])("costs the client its connection after 30 seconds%s", async (_what, behind) => {
    const client = deaf("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
    await settled(() => requests.some(({ writableLength }) => writableLength > 0));
    const [served] = requests;
    const before = served?.bytesRead ?? 0;
    client.write(behind);
    await settled(() => (served?.bytesRead ?? 0) === before + behind.length);
    await clock.run(29_000);
    expect(served?.destroyed).toBe(false);
    await clock.run(1_000);
    await settled(() => served?.destroyed === true);
  });
});

const responseOn = (socket: Socket): ServerResponse => new ServerResponse(new IncomingMessage(socket));

describe("Backlog, on a connection that is gone", () => {
  const connection = (): { socket: Socket; reset: () => number } => {
    const socket = new Socket();
    const spy = vi.spyOn(socket, "resetAndDestroy").mockReturnThis();
    return { socket, reset: () => spy.mock.calls.length };
  };

  it("admits nothing", () => {
    const { socket } = connection();
    socket.destroy();
    expect(new Backlog(clock).admit(socket, responseOn(socket))).toBe(false);
  });

  it("waits for no answer: the time of the one that was not taken ends with the connection", async () => {
    const { socket, reset } = connection();
    new Backlog(clock).admit(socket, responseOn(socket));
    socket.destroy();
    await clock.run(60_000);
    expect(reset()).toBe(0);
  });

  it("gives the answers behind one that ends no time of their own", async () => {
    const { socket, reset } = connection();
    const backlog = new Backlog(clock);
    const first = responseOn(socket);
    backlog.admit(socket, first);
    backlog.admit(socket, responseOn(socket));
    socket.destroy();
    await once(socket, "close");
    first.emit("close");
    await clock.run(60_000);
    expect(reset()).toBe(0);
  });
});

describe("parseInPieces", () => {
  const bytes = Buffer.from(Array.from({ length: 1_000 }, (_, i) => i % 251));
  /** A connection with a parser that does this after its second piece. */
  const parsed = (onSecond: (socket: Socket) => void): { socket: Socket; pieces: Buffer[] } => {
    const socket = new Socket();
    const pieces: Buffer[] = [];
    socket.on("data", (piece: Buffer) => {
      if (pieces.push(piece) === 2) onSecond(socket);
    });
    parseInPieces(socket);
    return { socket, pieces };
  };

  it("keeps the rest while Node has enough to answer, and goes on in order", async () => {
    const { socket, pieces } = parsed((each) => each.pause());
    socket.push(bytes);
    await settled(() => socket.isPaused());
    expect(pieces.map(({ length }) => length)).toEqual([256, 256]);
    socket.resume();
    await settled(() => pieces.length === 4);
    expect(Buffer.concat(pieces)).toEqual(bytes);
  });

  it("parses nothing more of a connection that is cut meanwhile", async () => {
    const { socket, pieces } = parsed((each) => each.destroy());
    socket.push(bytes);
    await once(socket, "close");
    expect(pieces).toHaveLength(2);
  });
});
