/** Everything that opens sockets, on a kernel without IPv6 (`ipv6.disable=1`), which has no sockets of that family. */
import { getSystemErrorMap } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { systemClock } from "./runtime/clock.ts";
import { StatusServer, text } from "./server/server.ts";
import { exchange } from "./udp/exchange.ts";
import { silentLog } from "./runtime/testing.ts";
import { ownAddress } from "./sources/nodeAddresses.ts";

type Handle = { prototype: { bind6: () => number } };
/** Node's own view of the kernel, which no public module replaces. */
const { binding } = process as unknown as { binding: (name: string) => Record<string, Handle> };
const handles = [binding("tcp_wrap")["TCP"], binding("udp_wrap")["UDP"]].map((handle) => handle?.prototype);
const real = handles.map((prototype) => prototype?.bind6);
const [unsupported] = [...getSystemErrorMap()].find(([, [name]]) => name === "EAFNOSUPPORT") ?? [];

beforeAll(() => {
  for (const prototype of handles) if (prototype) prototype.bind6 = () => unsupported ?? 0;
});
afterAll(() => {
  handles.forEach((prototype, at) => {
    const bind6 = real[at];
    if (prototype && bind6) prototype.bind6 = bind6;
  });
});

it("the pod's servers listen on every IPv4 address", async () => {
  const server = new StatusServer({ "/": () => text(200, "here") }, systemClock, silentLog());
  const port = await server.listen(0);
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("here\n");
  await server.close(0);
});

it("an IPv6 address is unreachable, and no exception", async () => {
  const result = await exchange({
    peer: { address: "2001:db8::1", port: 3478 },
    request: Buffer.alloc(20),
    schedule: { sendAtMs: [0], giveUpAtMs: 60_000 },
    read: () => undefined,
    clock: systemClock,
    signal: new AbortController().signal,
  });
  expect(result).toMatchObject({
    ok: false,
    kind: "Unreachable",
    detail: expect.stringContaining("EAFNOSUPPORT") as string,
  });
});

it("the node has no IPv6 address of its own", async () => {
  expect(await ownAddress("IPv6")).toBeUndefined();
});
