import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, getCACertificates, setDefaultCACertificates, type Server } from "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TEST_CERTIFICATE, TEST_KEY } from "../runtime/testingTls.ts";
import { httpsGet } from "./httpsGet.ts";

const LIST = "one.example.org:3478\ntwo.example.org:3478\n";
const trusted = getCACertificates("default");
let server: Server;

beforeEach(() => {
  setDefaultCACertificates([...trusted, TEST_CERTIFICATE]);
});
afterEach(() => {
  setDefaultCACertificates(trusted);
  server.close();
});

/** Downloads what a server answers whose connection is closed right after these bytes. */
async function download(answer: string) {
  server = createServer({ key: TEST_KEY, cert: TEST_CERTIFICATE }, (socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => socket.end(answer));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = new URL(`https://echo.example:${(server.address() as AddressInfo).port}/valid_hosts.txt`);
  return httpsGet(url, { family: "IPv4", text: "127.0.0.1" }, 1000, AbortSignal.timeout(5000));
}

describe("a downloaded list", () => {
  it("is taken whole", async () => {
    const whole = await download(`HTTP/1.1 200 OK\r\nContent-Length: ${LIST.length}\r\n\r\n${LIST}`);
    expect(whole.ok && whole.body.toString()).toBe(LIST);
  });

  it.each([
    ["a length", `Content-Length: ${LIST.length}\r\n\r\n`, "Unreachable"],
    ["chunks", `Transfer-Encoding: chunked\r\n\r\n${LIST.length.toString(16)}\r\n`, "Unreachable"],
    ["neither", "\r\n", "Malformed"],
  ])("that was cut after one of its lines is refused, with %s", async (_name, framing, outcome) => {
    const [firstLine = ""] = LIST.split(/(?<=\n)/);
    expect(await download(`HTTP/1.1 200 OK\r\n${framing}${firstLine}`)).toMatchObject({ ok: false, outcome });
  });
});
