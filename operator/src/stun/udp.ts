import { createSocket } from "node:dgram";
import { once } from "node:events";
import { isIP, isIPv6 } from "node:net";
import type { Clock } from "../clock.ts";
import type { RandomBytes } from "./codec.ts";
import { bindingRequest, readBindingResponse } from "./codec.ts";
import type { Retransmission } from "./schedule.ts";
import { RFC_RETRANSMISSION, scheduleOf } from "./schedule.ts";
import type { Peer, TransactionResult } from "./transaction.ts";
import { failure, resultOf } from "./transaction.ts";

/** A socket that hears one peer alone. */
interface DatagramChannel {
  send(bytes: Uint8Array): void;
  close(): void;
}

export interface DatagramHandlers {
  message(bytes: Uint8Array): void;
  error(error: Error): void;
}

/** Opens a new socket, on a new port, connected to the peer; rejects where the system knows no way to it. */
export type OpenDatagramChannel = (peer: Peer, handlers: DatagramHandlers) => Promise<DatagramChannel>;

export interface UdpOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly retransmission?: Retransmission;
  readonly random?: RandomBytes;
  readonly open?: OpenDatagramChannel;
}

/**
 * One Binding transaction over UDP (RFC 8489 section 6.2.1), on a socket and port of its own: an older flow keeps its
 * NAT mapping and would report an address that may be gone. Junk is ignored and does not end it.
 *
 * Rejects only with the signal's reason, or with a TypeError where the peer is no address.
 */
export async function bindingOverUdp(peer: Peer, options: UdpOptions): Promise<TransactionResult> {
  const { clock, signal, random, open = openUdp } = options;
  if (isIP(peer.address) === 0) throw new TypeError(`not an IP address: ${peer.address}`);
  signal.throwIfAborted();

  const request = bindingRequest(random);
  const startedAt = clock.monotonic();
  const end = Promise.withResolvers<TransactionResult>();
  const handlers: DatagramHandlers = {
    message: (bytes) => {
      const response = readBindingResponse(bytes, request.transactionId);
      const result = resultOf(response, clock.monotonic() - startedAt);
      if (result !== undefined) end.resolve(result);
    },
    error: (error) => {
      end.resolve(failure("Unreachable", error.message));
    },
  };
  let channel: DatagramChannel;
  try {
    channel = await open(peer, handlers);
  } catch (error) {
    return failure("Unreachable", error instanceof Error ? error.message : String(error));
  }
  const ended = new AbortController();
  const onAbort = (): void => {
    end.reject(signal.reason as Error);
  };
  signal.addEventListener("abort", onAbort);
  if (signal.aborted) onAbort();
  try {
    const retransmission = options.retransmission ?? RFC_RETRANSMISSION;
    sendOnSchedule(channel, request.bytes, retransmission, clock, ended.signal).then(end.resolve, end.reject);
    return await end.promise;
  } finally {
    ended.abort();
    signal.removeEventListener("abort", onAbort);
    channel.close();
  }
}

async function sendOnSchedule(
  channel: DatagramChannel,
  bytes: Uint8Array,
  retransmission: Retransmission,
  clock: Clock,
  signal: AbortSignal,
): Promise<TransactionResult> {
  const { sendAtMs, giveUpAtMs } = scheduleOf(retransmission);
  const startedAt = clock.monotonic();
  const until = async (atMs: number): Promise<void> => {
    const waitMs = startedAt + atMs - clock.monotonic();
    if (waitMs > 0) await clock.sleep(waitMs, signal);
  };
  for (const atMs of sendAtMs) {
    await until(atMs);
    channel.send(bytes);
  }
  await until(giveUpAtMs);
  return failure("Timeout", `no answer to ${sendAtMs.length} requests in ${giveUpAtMs} ms`);
}

/** A connected socket: the kernel drops what other sources send, and reports ICMP errors of this flow. */
const openUdp: OpenDatagramChannel = async (peer, handlers) => {
  const socket = createSocket(isIPv6(peer.address) ? { type: "udp6", ipv6Only: true } : { type: "udp4" });
  try {
    socket.connect(peer.port, peer.address);
    await once(socket, "connect");
  } catch (error) {
    socket.close();
    throw error;
  }
  socket.on("message", (bytes) => {
    handlers.message(bytes);
  });
  socket.on("error", (error) => {
    handlers.error(error);
  });
  return {
    send: (bytes) => {
      socket.send(bytes, (error) => {
        if (error !== null) handlers.error(error);
      });
    },
    close: () => {
      socket.close();
    },
  };
};
