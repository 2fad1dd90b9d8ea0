import { randomBytes } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { isIPv4 } from "node:net";
import type { Clock } from "../runtime/clock.ts";
import { exchange } from "../udp/exchange.ts";
import type { RouterAnswer } from "./natpmp.ts";
import { encodeMapRequest, type MapRequest, NONCE_BYTES, readMapAnswer } from "./pcpMessage.ts";

/** RFC 6887 section 19.1. */
const PCP_PORT = 5351;
/** Section 8.1.1: sent again after 3 s for the first time. */
const SEND_AT_MS = [0, 3000];
/** A mapping that is not deleted expires after this time, the shortest that servers give (section 15). */
const LIFETIME_SECONDS = 120;
/** For deleting the mapping, milliseconds. */
const DELETE_MS = 1000;

export interface PcpOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** When to stop waiting for an answer, milliseconds. */
  readonly timeoutMs: number;
  readonly port?: number;
}

/**
 * Asks a router for its external address by the Port Control Protocol, which gives it in the answer to a mapping. The
 * mapping is for a UDP port of this process that accepts only the router's own datagrams, and it is deleted at once.
 * This works only from the host's own network: a server compares the address in a request with the one that it came
 * from. The answer is unauthenticated.
 *
 * Rejects only with the signal's reason, or with a TypeError if the router is not an IPv4 address.
 */
export async function pcpAddress(router: string, options: PcpOptions): Promise<RouterAnswer> {
  const { clock, signal, timeoutMs, port = PCP_PORT } = options;
  if (!isIPv4(router)) throw new TypeError(`not an IPv4 address: ${router}`);
  signal.throwIfAborted();
  const peer = { address: router, port };
  // Held until the end, so that the mapping never leads to a port that another program has got meanwhile.
  const holder = createSocket("udp4");
  try {
    const local = await localOf(holder, peer);
    if (local === undefined) return { ok: false, outcome: "Unreachable", detail: `no way to ${router}` };
    const request: MapRequest = {
      nonce: randomBytes(NONCE_BYTES),
      client: local.address,
      port: local.port,
      lifetimeSeconds: LIFETIME_SECONDS,
    };
    const ask = (lifetimeSeconds: number, giveUpAtMs: number, until: AbortSignal) =>
      exchange<RouterAnswer>({
        peer,
        request: encodeMapRequest({ ...request, lifetimeSeconds }),
        schedule: { sendAtMs: SEND_AT_MS.filter((atMs) => atMs < giveUpAtMs), giveUpAtMs },
        read: (bytes, rttMs) => {
          const answer = readMapAnswer(bytes, request);
          if (answer.kind === "mapped") return { ok: true, address: answer.external, rttMs };
          return answer.kind === "refused" ? { ok: false, outcome: "Refused", detail: answer.detail } : undefined;
        },
        clock,
        signal: until,
      });
    try {
      const result = await ask(LIFETIME_SECONDS, timeoutMs, signal);
      return result.ok ? result.value : { ok: false, outcome: result.kind, detail: result.detail };
    } finally {
      // Even without an answer, or after an abort: the mapping may have been made.
      await ask(0, DELETE_MS, new AbortController().signal);
    }
  } finally {
    holder.close();
  }
}

/**
 * Returns the address and port of a socket that accepts only the peer's datagrams. Undefined if there is no route to
 * it.
 */
async function localOf(
  socket: Socket,
  peer: { address: string; port: number },
): Promise<{ address: string; port: number } | undefined> {
  try {
    socket.connect(peer.port, peer.address);
    await once(socket, "connect");
    socket.on("error", () => undefined);
    return socket.address();
  } catch {
    return undefined;
  }
}
