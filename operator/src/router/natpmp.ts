import { isIPv4 } from "node:net";
import type { Clock } from "../runtime/clock.ts";
import type { OpenDatagramChannel } from "../udp/exchange.ts";
import { exchange } from "../udp/exchange.ts";
import type { Schedule } from "../udp/schedule.ts";
import { refusal } from "./natpmpResult.ts";

/** RFC 6886 section 3.1. */
const NAT_PMP_PORT = 5351;

/** RFC 6886 section 3.2: version 0, opcode 0, the request for the public address. */
const REQUEST = Uint8Array.of(0, 0);
/** Answers carry the opcode of the request with the top bit set. */
const ANSWER_OPCODE = 128;
/** Version, opcode, result code, seconds since the router's start of epoch. Errors may end here (section 3.5). */
const HEADER_BYTES = 8;
/** The same, and the address. */
const ANSWER_BYTES = 12;
/** RFC 6887 section 7.2: the header of a server of the Port Control Protocol. */
const PCP = { version: 2, headerBytes: 24, multipleOf: 4, maxBytes: 1100 } as const;

/** RFC 6886 section 3.1: sent again after 250 ms, and each further time after twice the time before. */
const FIRST_WAIT_MS = 250;
const TRANSMISSIONS = 9;

/** A datagram is an answer to the request, or none (`junk`), which is ignored. */
export type NatPmpAnswer =
  | { readonly kind: "address"; readonly address: string }
  /** The router answered that it does not give its address. */
  | { readonly kind: "refused"; readonly detail: string }
  | { readonly kind: "junk" };

/** The result of asking a router, by either protocol. */
export type RouterAnswer =
  | { readonly ok: true; readonly address: string; readonly rttMs: number }
  | { readonly ok: false; readonly outcome: "Refused" | "Timeout" | "Unreachable"; readonly detail: string };

export interface NatPmpOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** When to stop waiting for an answer, milliseconds. RFC 6886 would wait for two minutes. */
  readonly timeoutMs: number;
  readonly port?: number;
  readonly open?: OpenDatagramChannel;
}

/**
 * Asks a router for its external address (NAT-PMP, RFC 6886 section 3.2). Changes nothing on the router. The answer is
 * unauthenticated: an attacker who can forge the router's address on the LAN can forge it.
 *
 * Rejects only with the signal's reason, or with a TypeError if the router is not an IPv4 address.
 */
export async function publicAddress(router: string, options: NatPmpOptions): Promise<RouterAnswer> {
  const { clock, signal, timeoutMs, port = NAT_PMP_PORT, open } = options;
  if (!isIPv4(router)) throw new TypeError(`not an IPv4 address: ${router}`);
  const result = await exchange<RouterAnswer>({
    peer: { address: router, port },
    request: REQUEST,
    schedule: natPmpSchedule(timeoutMs),
    read: (bytes, rttMs) => {
      const answer = readNatPmp(bytes);
      if (answer.kind === "address") return { ok: true, address: answer.address, rttMs };
      return answer.kind === "refused" ? { ok: false, outcome: "Refused", detail: answer.detail } : undefined;
    },
    clock,
    signal,
    open,
  });
  return result.ok ? result.value : { ok: false, outcome: result.kind, detail: result.detail };
}

/** RFC 6886 section 3.1, cut short: at 0, 250, 750, 1750, 3750 … milliseconds. */
export function natPmpSchedule(timeoutMs: number): Schedule {
  const all = Array.from({ length: TRANSMISSIONS }, (_, i) => FIRST_WAIT_MS * (2 ** i - 1));
  return { sendAtMs: all.filter((atMs) => atMs < timeoutMs), giveUpAtMs: timeoutMs };
}

/**
 * Reads a datagram from the router's port as the answer to the request for its public address. Never throws.
 *
 * The RFC leaves the address of an error undefined, so it is ignored. A server that knows only the later Port Control
 * Protocol answers in that protocol's form (RFC 6887 section 9), which counts as an answer, too.
 */
export function readNatPmp(bytes: Uint8Array): NatPmpAnswer {
  const [version, opcode, high, low] = bytes;
  if (version === undefined || opcode !== ANSWER_OPCODE || high === undefined || low === undefined) return JUNK;
  if (version === PCP.version) return readPcpError(bytes, low);
  if (version !== 0 || (bytes.length !== HEADER_BYTES && bytes.length !== ANSWER_BYTES)) return JUNK;
  const code = (high << 8) | low;
  if (code !== 0) return { kind: "refused", detail: refusal(code) };
  if (bytes.length !== ANSWER_BYTES) return JUNK;
  return { kind: "address", address: bytes.subarray(HEADER_BYTES).join(".") };
}

const JUNK: NatPmpAnswer = { kind: "junk" };

/** RFC 6887 section 7.2: version, opcode, a reserved byte, the result code. A success does not answer this request. */
function readPcpError({ length }: Uint8Array, code: number): NatPmpAnswer {
  if (length < PCP.headerBytes || length % PCP.multipleOf !== 0 || length > PCP.maxBytes || code === 0) return JUNK;
  return { kind: "refused", detail: `the router speaks the Port Control Protocol only (result ${code}), not NAT-PMP` };
}
