import { createSocket } from "node:dgram";
import { once } from "node:events";
import { isIPv6 } from "node:net";
import type { Clock } from "../runtime/clock.ts";
import type { Schedule } from "./schedule.ts";

/**
 * The address and port of a server. It is never a name, so the address that was checked is the one that is contacted.
 */
export interface Peer {
  readonly address: string;
  readonly port: number;
}

/** A socket that receives from one peer only. */
interface DatagramChannel {
  send(bytes: Uint8Array): void;
  close(): void;
}

export interface DatagramHandlers {
  message(bytes: Uint8Array): void;
  error(error: Error): void;
}

/** Opens a new socket on a new port, connected to the peer. Rejects if the system has no route to it. */
export type OpenDatagramChannel = (peer: Peer, handlers: DatagramHandlers) => Promise<DatagramChannel>;

interface ExchangeOptions<T> {
  readonly peer: Peer;
  readonly request: Uint8Array;
  readonly schedule: Schedule;
  /**
   * Returns the result that ends the exchange. Returns undefined for a datagram that is no answer: it is ignored.
   * `rttMs` counts from the start of the exchange, since with several transmissions it is unknown which one was
   * answered.
   */
  readonly read: (bytes: Uint8Array, rttMs: number) => T | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly open?: OpenDatagramChannel | undefined;
}

type ExchangeResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly kind: "Timeout" | "Unreachable"; readonly detail: string };

/**
 * Sends a request by the schedule until the first answer, on a socket and port of its own. Rejects only with the
 * signal's reason.
 */
export async function exchange<T>(options: ExchangeOptions<T>): Promise<ExchangeResult<T>> {
  const { peer, clock, signal, open = openUdp } = options;
  signal.throwIfAborted();
  const startedAt = clock.monotonic();
  const end = Promise.withResolvers<ExchangeResult<T>>();
  const unreachable = (error: unknown): void => {
    end.resolve({ ok: false, kind: "Unreachable", detail: error instanceof Error ? error.message : String(error) });
  };
  const message = (bytes: Uint8Array): void => {
    const value = options.read(bytes, clock.monotonic() - startedAt);
    if (value !== undefined) end.resolve({ ok: true, value });
  };
  let channel: DatagramChannel;
  try {
    channel = await open(peer, { message, error: unreachable });
  } catch (error) {
    signal.throwIfAborted();
    unreachable(error);
    return end.promise;
  }
  const ended = new AbortController();
  const onAbort = (): void => {
    end.reject(signal.reason as Error);
  };
  signal.addEventListener("abort", onAbort);
  if (signal.aborted) onAbort();
  try {
    sendOnSchedule(channel, options, ended.signal).then(end.resolve, end.reject);
    return await end.promise;
  } finally {
    ended.abort();
    signal.removeEventListener("abort", onAbort);
    channel.close();
  }
}

async function sendOnSchedule(
  channel: DatagramChannel,
  { request, schedule, clock }: Pick<ExchangeOptions<unknown>, "request" | "schedule" | "clock">,
  signal: AbortSignal,
): Promise<ExchangeResult<never>> {
  const { sendAtMs, giveUpAtMs } = schedule;
  const startedAt = clock.monotonic();
  const until = async (atMs: number): Promise<void> => {
    const waitMs = startedAt + atMs - clock.monotonic();
    if (waitMs > 0) await clock.sleep(waitMs, signal);
  };
  for (const atMs of sendAtMs) {
    await until(atMs);
    channel.send(request);
  }
  await until(giveUpAtMs);
  const detail = `no answer to ${sendAtMs.length} requests in ${giveUpAtMs} ms`;
  return { ok: false, kind: "Timeout", detail };
}

/** Opens a connected socket: the kernel drops packets from other sources and reports the ICMP errors of this flow. */
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
