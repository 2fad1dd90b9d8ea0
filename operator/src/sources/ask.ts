import { type Family, type StunTransport, type Vote, type VoteTransport } from "@esddns/common/api";
import { clean } from "@esddns/common/text";
import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/log.ts";
import type { RouterAnswer } from "../router/natpmp.ts";
import type { Retransmission } from "../udp/schedule.ts";
import type { TransactionResult } from "../stun/transaction.ts";
import type { Peer } from "../udp/exchange.ts";
import { within } from "../runtime/wait.ts";
import type { Address, Plausibility } from "@esddns/common/ip";
import { parseAddress } from "@esddns/common/ip";
import type { ContactDeps, SourceRefusal } from "./contact.ts";
import { contactOf, refuse } from "./contact.ts";
import type { FetchEcho } from "./echo.ts";
import type { EchoSource, RouterSource, Source, StunSource } from "@esddns/common/api";

/** The CustomResourceDefinition allows 256 characters, including the one that marks a cut text. */
const MAX_DETAIL = 255;

/** Runs one Binding transaction with a STUN server, on the address that was checked. */
export type StunBinding = (
  server: { readonly peer: Peer; readonly transport: StunTransport; readonly host: string },
  options: { readonly retransmission: Retransmission; readonly clock: Clock; readonly signal: AbortSignal },
) => Promise<TransactionResult>;

/** Asks the router at this IPv4 address for its external address (NAT-PMP or PCP). */
type AskRouter = (
  router: string,
  options: { readonly timeoutMs: number; readonly clock: Clock; readonly signal: AbortSignal },
) => Promise<RouterAnswer>;

export interface AskDeps extends ContactDeps {
  readonly log: Logger;
  readonly clock: Clock;
  readonly stun: StunBinding;
  readonly echo: FetchEcho;
  readonly natpmp: AskRouter;
  readonly pcp: AskRouter;
}

export interface AskLimits {
  /** For everything, from resolving the name to the answer. Milliseconds. */
  readonly deadlineMs: number;
  /** For STUN over UDP. */
  readonly retransmission: Retransmission;
  /** Aborts when the answer is no longer needed. The vote is then a Timeout, too. */
  readonly enough?: AbortSignal;
}

type SourceAnswer =
  | { readonly ok: true; readonly address: Address; readonly rttMs: number; readonly authenticated: boolean }
  | SourceRefusal;

/**
 * Asks one source over one family within the deadline, and judges the answer. Every fault, including a defect in this
 * code, becomes the outcome of this vote, so no source costs the votes of others. Rejects only with the signal's
 * reason.
 */
export async function ask(
  source: Source,
  family: Family,
  plausibility: Plausibility,
  limits: AskLimits,
  deps: AskDeps,
  signal: AbortSignal,
): Promise<Vote> {
  const answer = await answerInTime(source, limits, deps, signal, (inner) => {
    switch (source.kind) {
      case "stun":
        return askStun(source, family, plausibility, limits, deps, inner);
      case "echo":
        return askEcho(source, family, plausibility, deps, inner);
      case "router":
        return askRouter(source, limits, deps, inner);
    }
  });
  return voteOf(source, family, plausibility, answer);
}

async function answerInTime(
  source: Source,
  { deadlineMs, enough }: AskLimits,
  { clock, log }: AskDeps,
  signal: AbortSignal,
  question: (signal: AbortSignal) => Promise<SourceAnswer>,
): Promise<SourceAnswer> {
  const either = enough === undefined ? signal : AbortSignal.any([signal, enough]);
  try {
    return await within(clock, deadlineMs, either, question);
  } catch (error) {
    signal.throwIfAborted();
    if (enough?.aborted === true) return refuse("Timeout", "not waited for: others had agreed");
    if (error instanceof DOMException && error.name === "TimeoutError") {
      return refuse("Timeout", `no answer in ${deadlineMs} ms`);
    }
    log.error({ err: error, source: source.id }, "Asking a source failed unexpectedly");
    return refuse("Unreachable", "internal error, see the log");
  }
}

async function askStun(
  { host, port, transport }: StunSource,
  family: Family,
  plausibility: Plausibility,
  { retransmission }: AskLimits,
  deps: AskDeps,
  signal: AbortSignal,
): Promise<SourceAnswer> {
  const contact = await contactOf(host, family, plausibility, deps, signal);
  if (!contact.ok) return contact;
  const server = { peer: { address: contact.address.text, port }, transport, host };
  const result = await deps.stun(server, { retransmission, clock: deps.clock, signal });
  if (!result.ok) return refuse(result.failure.kind, result.failure.detail);
  const address = parseAddress(result.mapped.address);
  if (address === undefined) return refuse("Malformed", `not an address: ${result.mapped.address}`);
  return { ok: true, address, rttMs: result.rttMs, authenticated: transport === "tls" };
}

async function askEcho(
  source: EchoSource,
  family: Family,
  plausibility: Plausibility,
  deps: AskDeps,
  signal: AbortSignal,
): Promise<SourceAnswer> {
  const url = URL.parse(source.url);
  if (url?.protocol !== "https:") return refuse("NotAllowed", "not an https:// URL");
  const contact = await contactOf(url.hostname.replace(/^\[|\]$/g, ""), family, plausibility, deps, signal);
  if (!contact.ok) return contact;
  const startedAt = deps.clock.monotonic();
  const result = await deps.echo(url, contact.address, signal);
  if (!result.ok) return result;
  return { ok: true, address: result.address, rttMs: deps.clock.monotonic() - startedAt, authenticated: true };
}

/**
 * Asks the router at exactly the configured address, although it is private. Its answer is judged like that of any
 * other source.
 */
async function askRouter(
  { router, protocol }: RouterSource,
  { deadlineMs }: AskLimits,
  { natpmp, pcp, clock }: AskDeps,
  signal: AbortSignal,
): Promise<SourceAnswer> {
  if (parseAddress(router)?.family !== "IPv4") return refuse("NotAllowed", `${router} is not an IPv4 address`);
  const result = await (protocol === "pcp" ? pcp : natpmp)(router, { timeoutMs: deadlineMs, clock, signal });
  if (!result.ok) return result;
  const address = parseAddress(result.address);
  if (address === undefined) return refuse("Malformed", `not an address: ${result.address}`);
  return { ok: true, address, rttMs: result.rttMs, authenticated: false };
}

function transportOf(source: Source): VoteTransport {
  switch (source.kind) {
    case "stun":
      return source.transport;
    case "echo":
      return "https";
    case "router":
      return source.protocol;
  }
}

function voteOf(source: Source, family: Family, plausibility: Plausibility, answer: SourceAnswer): Vote {
  const base = {
    source: source.id,
    organisation: source.organisation,
    transport: transportOf(source),
    family,
  };
  if (!answer.ok) {
    return { ...base, authenticated: false, outcome: answer.outcome, detail: clean(answer.detail, MAX_DETAIL) };
  }
  const { address, authenticated } = answer;
  const judgement = plausibility.judge(address, family);
  // Tenths of a millisecond. Anything finer is noise.
  const said = { ...base, address: address.text, rttMs: Math.round(answer.rttMs * 10) / 10, authenticated };
  return judgement.plausible
    ? { ...said, outcome: "Ok" }
    : { ...said, outcome: "Implausible", detail: judgement.reason.slice(0, 256) };
}
