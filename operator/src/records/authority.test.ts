import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { afterEach, expect, test } from "vitest";
import { dnsAuthority } from "./authority.ts";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const signal = new AbortController().signal;

/** Builds an answer to the query (RFC 1035 4.1) with its id and question, these flags, and A records for its name. */
function answer(query: Buffer, flags: number, addresses: readonly string[]): Buffer {
  const end = query.indexOf(0, 12) + 5;
  const header = Buffer.alloc(12);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(flags, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(addresses.length, 6);
  const records = addresses.map((address) =>
    Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, ...address.split(".").map(Number)]),
  );
  return Buffer.concat([header, query.subarray(12, end), ...records]);
}

/** Starts a name server on the loopback interface. Returns its address with the port. */
async function serve(udp: (query: Buffer) => Buffer | undefined, tcp: (query: Buffer) => Buffer): Promise<string> {
  const stream = createServer((socket) => {
    socket.on("data", (data: Buffer) => {
      const reply = tcp(data.subarray(2));
      const length = Buffer.alloc(2);
      length.writeUInt16BE(reply.length);
      socket.end(Buffer.concat([length, reply]));
    });
    socket.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => stream.listen(0, "127.0.0.1", resolve));
  const { port } = stream.address() as { port: number };
  const datagrams = createSocket("udp4");
  datagrams.on("message", (query, from) => {
    const reply = udp(query);
    if (reply !== undefined) datagrams.send(reply, from.port, from.address);
  });
  await new Promise<void>((resolve) => {
    datagrams.bind(port, "127.0.0.1", resolve);
  });
  closing.push(
    () => stream.close(),
    () => datagrams.close(),
  );
  return `127.0.0.1:${port}`;
}

/** Flags of an authoritative answer, a truncated one, NXDOMAIN and REFUSED. */
const FLAGS = { ok: 0x8400, truncated: 0x8600, absent: 0x8403, refused: 0x8405 };
const never = (): Buffer => {
  throw new Error("asked over TCP");
};

test("the server itself is asked, and what it says comes back", async () => {
  const server = await serve((query) => answer(query, FLAGS.ok, ["192.0.2.1", "192.0.2.2"]), never);
  expect([...(await dnsAuthority.ask(server, "home.example.com", "A", signal))].sort()).toEqual([
    "192.0.2.1",
    "192.0.2.2",
  ]);
});

test("an answer that is cut off is asked for again over TCP", async () => {
  const server = await serve(
    (query) => answer(query, FLAGS.truncated, []),
    (query) => answer(query, FLAGS.ok, ["192.0.2.1"]),
  );
  expect(await dnsAuthority.ask(server, "home.example.com", "A", signal)).toEqual(["192.0.2.1"]);
});

test("a name that does not exist, and one without the type, is nothing; a refusal is no answer", async () => {
  const absent = await serve((query) => answer(query, FLAGS.absent, []), never);
  expect(await dnsAuthority.ask(absent, "home.example.com", "A", signal)).toEqual([]);
  const empty = await serve((query) => answer(query, FLAGS.ok, []), never);
  expect(await dnsAuthority.ask(empty, "home.example.com", "AAAA", signal)).toEqual([]);
  const refusing = await serve((query) => answer(query, FLAGS.refused, []), never);
  await expect(dnsAuthority.ask(refusing, "home.example.com", "A", signal)).rejects.toMatchObject({
    code: "EREFUSED",
  });
});

test("a query that hangs ends with the signal", async () => {
  const heard = Promise.withResolvers<undefined>();
  const silent = await serve(() => {
    heard.resolve(undefined);
    return undefined;
  }, never);
  const stop = new AbortController();
  const asking = dnsAuthority.ask(silent, "home.example.com", "A", stop.signal);
  await heard.promise;
  stop.abort();
  await expect(asking).rejects.toMatchObject({ code: "ECANCELLED" });
});
