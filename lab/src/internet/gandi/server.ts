/**
 * The process of the Gandi stand-in: HTTPS on port 443, its control socket, and the DNS server behind both.
 * Options: --cert FILE --key FILE --token-file FILE --dns ADDRESS --tsig-key FILE --control SOCKET --zone NAME (repeated)
 */
import { readFileSync, rmSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { closeOnSigterm } from "../closing.ts";
import type { ApiAnswer } from "./answers.ts";
import { createControlServer } from "./controlServer.ts";
import { DnsZoneStore } from "./dnsZoneStore.ts";
import { Standin } from "./standin.ts";

const HTTPS_PORT = 443;

function main(): void {
  const option = { type: "string", default: "" } as const;
  const { values: options } = parseArgs({
    options: {
      cert: option,
      key: option,
      "token-file": option,
      dns: option,
      "tsig-key": option,
      control: option,
      zone: { type: "string", multiple: true, default: [] },
    },
  });
  const store = new DnsZoneStore({ server: options.dns, keyFile: options["tsig-key"], zones: options.zone });
  const standin = new Standin({
    account: {
      // Read at each request: the account's owner may replace it.
      get token() {
        return readFileSync(options["token-file"], "utf8").trim();
      },
      store,
    },
    now: () => Date.now(),
    sleep,
    log: (line) => {
      console.log(`${new Date().toISOString()} ${line}`);
    },
  });

  const control = createControlServer(standin);
  rmSync(options.control, { force: true });
  process.umask(0o077);
  control.listen(options.control);

  const tls = { cert: readFileSync(options.cert), key: readFileSync(options.key) };
  const api = createServer(tls, (request, response) => {
    serve(standin, request, response).catch((error: unknown) => {
      console.error(`A request broke off: ${String(error)}`);
      response.destroy();
    });
  });
  api.listen(HTTPS_PORT, "::");
  closeOnSigterm(api, control);
}

async function serve(standin: Standin, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const target = request.url ?? "/";
  if (!URL.canParse(target, "https://localhost")) {
    response.writeHead(400).end();
    return;
  }
  const delivery = await standin.handle({
    method: request.method ?? "GET",
    target,
    authorization: request.headers.authorization,
    body: await text(request),
  });
  if (delivery.kind === "whole") sendWhole(response, delivery.answer);
  if (delivery.kind === "cut") sendHalf(response, delivery.answer);
}

function sendWhole(response: ServerResponse, { status, headers, body }: ApiAnswer): void {
  response.writeHead(status, { ...headers, ...(body && { "Content-Length": Buffer.byteLength(body) }) }).end(body);
}

/** Promises the whole body, sends half of it, and hangs up. */
function sendHalf(response: ServerResponse, { status, headers, body }: ApiAnswer): void {
  const promised = Math.max(Buffer.byteLength(body), 2);
  response.writeHead(status, { ...headers, "Content-Length": promised });
  response.write(body.slice(0, Math.floor(body.length / 2)), () => response.destroy());
}

main();
