import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import { httpPost } from "./post.ts";

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

const serve = async (answer: (response: ServerResponse) => void): Promise<string> => {
  server = createServer((request, response) => {
    request.resume();
    answer(response);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/in`;
};

describe("httpPost", () => {
  it.each([
    ["is short", (response: ServerResponse) => response.end("ok")],
    ["is long", (response: ServerResponse) => response.end(Buffer.alloc(1_000_000))],
    [
      "comes later than its head",
      (response: ServerResponse) => {
        response.flushHeaders();
        setTimeout(() => response.end("ok"), 20);
      },
    ],
    ["never ends", (response: ServerResponse) => response.write("o")],
  ])("takes the status of an answer that %s, and the process goes on", async (_what, answer) => {
    const crash = vi.fn();
    process.on("uncaughtException", crash);
    const { post, close } = httpPost();
    const url = await serve(answer);
    expect(await post({ method: "POST", url, headers: {}, body: "{}" }, new AbortController().signal)).toBe(200);
    await delay(60);
    close();
    process.off("uncaughtException", crash);
    expect(crash).not.toHaveBeenCalled();
  });
});
