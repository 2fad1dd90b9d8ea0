/**
 * The process of a captive portal: HTTPS for every name, and not what was asked for.
 * Options: --port NUMBER --answer address|html|redirect --address TEXT --cert FILE --key FILE (repeated, in pairs)
 *
 * With several certificates it shows the one for the name that was asked for, and otherwise the first.
 */
import { readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { X509Certificate } from "node:crypto";
import { createServer } from "node:https";
import { createSecureContext } from "node:tls";
import { parseArgs } from "node:util";
import { closeOnSigterm } from "../internet/closing.ts";

const option = { type: "string", default: "" } as const;
const files: { type: "string"; multiple: true; default: string[] } = { type: "string", multiple: true, default: [] };
const { values: options } = parseArgs({
  options: { port: option, answer: option, address: option, cert: files, key: files },
});

const identities = options.cert.map((file, i) => {
  const pem = { cert: readFileSync(file), key: readFileSync(options.key[i] ?? "") };
  return { pem, x509: new X509Certificate(pem.cert), context: createSecureContext(pem) };
});

const server = createServer(
  {
    ...identities[0]?.pem,
    SNICallback: (name, done) => {
      const match = identities.find(({ x509 }) => x509.checkHost(name) !== undefined) ?? identities[0];
      done(null, match?.context);
    },
  },
  (_request, response) => {
    answer(response);
  },
);

function answer(response: ServerResponse): void {
  switch (options.answer) {
    case "html":
      response.writeHead(200, { "Content-Type": "text/html" }).end("<!doctype html><title>Please log in</title>\n");
      break;
    case "redirect":
      response.writeHead(302, { Location: "https://portal.example.net/login" }).end();
      break;
    default:
      response.writeHead(200, { "Content-Type": "text/plain" }).end(options.address);
  }
}

server.listen(Number(options.port), "::");
closeOnSigterm(server);
