import type { Socket } from "node:net";
import { connect as connectTcp, isIP } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Clock } from "../runtime/clock.ts";
import { publicTrust } from "../runtime/tls.ts";
import type { RandomBytes } from "./codec.ts";
import { bindingRequest, describe, readBindingResponse } from "./codec.ts";
import { MessageReader } from "./framing.ts";
import { RFC_RETRANSMISSION, scheduleOf } from "../udp/schedule.ts";
import type { TransactionResult } from "./transaction.ts";
import type { Peer } from "../udp/exchange.ts";
import { failure, resultOf } from "./transaction.ts";

export interface StreamOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** For connection, handshake and answer together. The default is Ti of RFC 8489 section 6.2.2, 39500 ms. */
  readonly timeoutMs?: number;
  readonly random?: RandomBytes;
}

/** The current step of a connection, which determines the meaning of an error. */
type Stage = "Unreachable" | "TlsFailed";

/**
 * Runs one Binding transaction over a TCP connection of its own (RFC 8489 section 6.2.2). Messages that do not answer
 * it are ignored. A stream that is not STUN ends it.
 *
 * Rejects only with the signal's reason, or with a TypeError if the peer is not an address.
 */
export async function bindingOverTcp(peer: Peer, options: StreamOptions): Promise<TransactionResult> {
  assertAddress(peer);
  return transact(options, () => {
    const socket = connectTcp({ host: peer.address, port: peer.port });
    return { socket, ready: "connect", stage: () => "Unreachable" };
  });
}

/**
 * Runs the same over TLS (section 6.2.3). The certificate must be valid for `host`, by Node's roots and
 * NODE_EXTRA_CA_CERTS. That makes the answer an authenticated one.
 */
export async function bindingOverTls(peer: Peer, host: string, options: StreamOptions): Promise<TransactionResult> {
  assertAddress(peer);
  return transact(options, () => {
    let stage: Stage = "Unreachable";
    const servername = isIP(host) === 0 ? host : "";
    const to = { host: peer.address, port: peer.port, servername };
    const socket = connectTls({ ...to, secureContext: publicTrust(), rejectUnauthorized: true });
    socket.once("connect", () => (stage = "TlsFailed"));
    socket.once("secureConnect", () => (stage = "Unreachable"));
    return { socket, ready: "secureConnect", stage: () => stage };
  });
}

interface Connection {
  readonly socket: Socket;
  /** The event after which the request may be sent. */
  readonly ready: "connect" | "secureConnect";
  readonly stage: () => Stage;
}

async function transact(options: StreamOptions, open: () => Connection): Promise<TransactionResult> {
  const { clock, signal, timeoutMs = scheduleOf(RFC_RETRANSMISSION).giveUpAtMs } = options;
  signal.throwIfAborted();
  const startedAt = clock.monotonic();
  const end = Promise.withResolvers<TransactionResult>();
  const ended = new AbortController();
  const onAbort = (): void => {
    end.reject(signal.reason as Error);
  };
  const { socket, ready, stage } = open();
  signal.addEventListener("abort", onAbort);
  const request = bindingRequest(options.random);
  const reader = new MessageReader();
  socket.once(ready, () => socket.write(request.bytes));
  socket.on("data", (chunk) => {
    const { messages, error } = reader.push(chunk);
    for (const message of messages) {
      const result = resultOf(readBindingResponse(message, request.transactionId), clock.monotonic() - startedAt);
      if (result !== undefined) end.resolve(result);
    }
    if (error !== undefined) end.resolve(failure("Malformed", describe(error)));
  });
  socket.on("error", (error) => {
    end.resolve(failure(stage(), error.message));
  });
  socket.on("close", () => {
    end.resolve(failure(stage(), "the connection was closed without an answer"));
  });
  clock.sleep(timeoutMs, ended.signal).then(
    () => {
      end.resolve(failure("Timeout", `no answer in ${timeoutMs} ms`));
    },
    () => undefined,
  );
  try {
    return await end.promise;
  } finally {
    ended.abort();
    signal.removeEventListener("abort", onAbort);
    socket.destroy();
  }
}

function assertAddress({ address }: Peer): void {
  if (isIP(address) === 0) throw new TypeError(`not an IP address: ${address}`);
}
