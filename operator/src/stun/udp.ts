import { isIP } from "node:net";
import type { Clock } from "../runtime/clock.ts";
import type { RandomBytes } from "./codec.ts";
import { bindingRequest, readBindingResponse } from "./codec.ts";
import type { OpenDatagramChannel } from "../udp/exchange.ts";
import { exchange } from "../udp/exchange.ts";
import type { Retransmission } from "../udp/schedule.ts";
import { RFC_RETRANSMISSION, scheduleOf } from "../udp/schedule.ts";
import type { TransactionResult } from "./transaction.ts";
import type { Peer } from "../udp/exchange.ts";
import { failure, resultOf } from "./transaction.ts";

export interface UdpOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly retransmission?: Retransmission;
  readonly random?: RandomBytes;
  readonly open?: OpenDatagramChannel;
}

/**
 * Runs one Binding transaction over UDP (RFC 8489 section 6.2.1), on a socket and port of its own: an older flow keeps
 * its NAT mapping and would report an outdated address. Junk is ignored and does not end it.
 *
 * Rejects only with the signal's reason, or with a TypeError if the peer is not an address.
 */
export async function bindingOverUdp(peer: Peer, options: UdpOptions): Promise<TransactionResult> {
  const { clock, signal, random, open, retransmission = RFC_RETRANSMISSION } = options;
  if (isIP(peer.address) === 0) throw new TypeError(`not an IP address: ${peer.address}`);
  const request = bindingRequest(random);
  const result = await exchange({
    peer,
    request: request.bytes,
    schedule: scheduleOf(retransmission),
    read: (bytes, rttMs) => resultOf(readBindingResponse(bytes, request.transactionId), rttMs),
    clock,
    signal,
    open,
  });
  return result.ok ? result.value : failure(result.kind, result.detail);
}
