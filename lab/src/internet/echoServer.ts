/**
 * The process of an HTTPS echo service: tells whoever asks the address that the question came from.
 * Options: --cert FILE --key FILE [--newline]
 */
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { parseArgs } from "node:util";
import { closeOnSigterm } from "./closing.ts";

const HTTPS_PORT = 443;

const { values: options } = parseArgs({
  options: {
    cert: { type: "string", default: "" },
    key: { type: "string", default: "" },
    newline: { type: "boolean", default: false },
  },
});

const tls = { cert: readFileSync(options.cert), key: readFileSync(options.key) };
const server = createServer(tls, (request, response) => {
  // A socket for both families writes IPv4 addresses as ::ffff:a.b.c.d.
  const address = (request.socket.remoteAddress ?? "").replace(/^::ffff:/, "");
  console.log(`${new Date().toISOString()} ${request.method ?? ""} ${request.url ?? ""} ${address}`);
  const body = options.newline ? `${address}\n` : address;
  response.writeHead(200, { "Content-Type": "text/plain", "Content-Length": Buffer.byteLength(body) }).end(body);
});
server.listen(HTTPS_PORT, "::");
closeOnSigterm(server);
