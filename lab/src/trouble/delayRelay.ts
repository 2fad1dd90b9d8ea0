/**
 * The process of a slow line for STUN over UDP: passes each packet on late, and each answer twice.
 * Options: --delay MILLISECONDS and any number of PORT=ADDRESS@PORT: what comes to the first goes to the second.
 */
import { createSocket, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import { parseArgs } from "node:util";

/** A STUN transaction is long over by then (RFC 8489, section 6.2.1: 39.5 s). */
const FORGET_MS = 60_000;

const { values: options, positionals } = parseArgs({
  options: { delay: { type: "string", default: "0" } },
  allowPositionals: true,
});
const delayMs = Number(options.delay);

for (const relay of positionals) {
  const [, listen = "", address = "", port = ""] = /^(\d+)=(.+)@(\d+)$/.exec(relay) ?? [];
  serve(Number(listen), address, Number(port));
}

function serve(listenPort: number, address: string, port: number): void {
  const type = isIPv6(address) ? "udp6" : "udp4";
  const flows = new Map<string, Socket>();
  const near = createSocket({ type, ipv6Only: type === "udp6" });
  near.on("message", (request, peer) => {
    const key = `${peer.address} ${peer.port}`;
    const known = flows.get(key);
    const far = known ?? createSocket(type);
    if (known === undefined) {
      flows.set(key, far);
      far
        .on("error", () => undefined)
        .on("message", (response) => {
          for (const lateMs of [delayMs, delayMs * 1.5]) {
            setTimeout(() => {
              near.send(response, peer.port, peer.address);
            }, lateMs);
          }
        });
      setTimeout(() => {
        flows.delete(key);
        far.close();
      }, FORGET_MS);
    }
    far.send(request, port, address);
  });
  near.bind(listenPort);
}
