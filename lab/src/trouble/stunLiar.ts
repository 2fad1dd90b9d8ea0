/**
 * The process that answers every STUN question, over UDP and TCP and both families, with the same wrong address.
 * Options: --port NUMBER --ipv4 HEX --ipv6 HEX (the addresses' bytes)
 */
import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { parseArgs } from "node:util";
import { lyingAnswer } from "./stunAnswer.ts";

const option = { type: "string", default: "" } as const;
const { values: options } = parseArgs({ options: { port: option, ipv4: option, ipv6: option } });
const port = Number(options.port);

for (const [type, hex] of [
  ["udp4", options.ipv4],
  ["udp6", options.ipv6],
] as const) {
  const socket = createSocket({ type, ipv6Only: type === "udp6" });
  socket.on("message", (request, peer) => {
    const answer = lyingAnswer(request, { bytes: Buffer.from(hex, "hex"), port: peer.port });
    if (answer !== undefined) socket.send(answer, peer.port, peer.address);
  });
  socket.bind(port);
}

createServer((connection) => {
  const ipv4 = connection.remoteFamily === "IPv4" || connection.remoteAddress?.startsWith("::ffff:");
  const bytes = Buffer.from(ipv4 ? options.ipv4 : options.ipv6, "hex");
  connection
    .on("error", () => undefined)
    .on("data", (request) => {
      const answer = lyingAnswer(request, { bytes, port: connection.remotePort ?? 0 });
      if (answer === undefined) connection.destroy();
      else connection.write(answer);
    });
}).listen(port, "::");
