/** A server on the LAN that the operator tells: writes each request that it gets as a line of JSON. Option: --port N. */
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { closeOnSigterm } from "../closing.ts";

const { values: options } = parseArgs({ options: { port: { type: "string", default: "8099" } } });

const server = createServer((request, response) => {
  const { method, url, headers } = request;
  text(request).then(
    (body) => {
      if (method !== "GET") console.log(JSON.stringify({ at: new Date().toISOString(), path: url, headers, body }));
      response.writeHead(204).end();
    },
    () => response.destroy(),
  );
});
server.listen(Number(options.port), "::");
closeOnSigterm(server);
