import type { Clock } from "../runtime/clock.ts";
import { EsddnsError } from "../runtime/errors.ts";
import { type Http, httpPool } from "../runtime/http.ts";
import type { Logger } from "../runtime/log.ts";
import type { RateBudget, Reservation } from "./budget.ts";
import {
  failureOfBody,
  failureOfError,
  failureOfReply,
  type GandiReply,
  isRrsetAbsent,
  type LiveDnsFailure,
  type LiveDnsResult,
  notSentYet,
  type RequestSubject,
} from "./errors.ts";
import { exchange, type HttpTimeouts } from "./http.ts";
import { fqdn, nameProblem, zoneProblem } from "./names.ts";
import { parseRrset, type Rrset, type RrsetType, rrsetBody } from "./rrset.ts";
import { authorization, redactor } from "./token.ts";

export interface LiveDnsOptions {
  /**
   * For example https://api.gandi.net/v5/livedns. Plain http only to a loopback address, because the token is sent
   * along.
   */
  baseUrl: string;
  /** Asked before every request. */
  token: () => Promise<string>;
  clock: Clock;
  log: Logger;
  budget: RateBudget;
  /** Creates the pool of connections, at first and again after `dropConnections`. */
  connect?: () => Http;
  timeouts: HttpTimeouts;
  /** Called after each request that was sent. `status` is the HTTP status. Undefined if there was no answer. */
  onRequest?: (method: string, outcome: string, status: number | undefined, durationMs: number) => void;
}

type Method = "GET" | "PUT" | "DELETE";

/** A refused token is tried again after this time, unless it is replaced sooner: the refusal may have been a fault. */
const REFUSED_TOKEN_MS = 15 * 60_000;

/**
 * A client for the few calls of Gandi LiveDNS (https://api.gandi.net/docs/livedns/) that manage single rrsets. It has
 * no call that touches a whole zone, and no retries: every outcome is a value, and the caller decides.
 *
 * Methods reject only when their signal aborts, with its reason.
 */
export class LiveDns {
  readonly #options: LiveDnsOptions;
  readonly #baseUrl: string;
  readonly #budget: RateBudget;
  readonly #connect: () => Http;
  #http: Http;
  #refused: { token: string; untilMs: number; failure: LiveDnsFailure } | undefined;

  /** Throws `ESDDNS_GANDI_URL` for a base URL that must not receive the token. */
  constructor(options: LiveDnsOptions) {
    this.#options = options;
    this.#baseUrl = checkBaseUrl(options.baseUrl);
    this.#budget = options.budget;
    this.#connect = options.connect ?? httpPool;
    this.#http = this.#connect();
  }

  /**
   * Reserves requests for one piece of work. Pass the result to the calls below as `turn`, and release it in the end.
   *
   * @param urgency `look`: nothing is known to be wrong, and changes come first
   */
  reserve(requests: number, urgency: "change" | "look"): LiveDnsResult<Reservation> {
    const reserved = this.#budget.reserve(requests, urgency);
    return reserved.ok ? reserved : { ok: false, error: notSentYet(reserved.why, this.#budget) };
  }

  /** Returns the rrset, or undefined if the zone exists and the rrset does not. */
  async getRrset(
    zone: string,
    name: string,
    type: RrsetType,
    signal: AbortSignal,
    turn?: Reservation,
  ): Promise<LiveDnsResult<Rrset | undefined>> {
    const reply = await this.#call("GET", { zone, name, type }, undefined, signal, turn);
    if (!reply.ok) return reply;
    if (isRrsetAbsent(reply.value)) return { ok: true, value: undefined };
    const rrset = parseRrset(reply.value.text, name, type);
    return rrset === undefined
      ? { ok: false, error: failureOfBody(reply.value, this.#subject(zone, name, type)) }
      : { ok: true, value: { ...rrset, values: rrset.values.map(reply.value.redact) } };
  }

  /** Sets the rrset to exactly this, whether it existed or not. Read it back to see what Gandi stored. */
  async putRrset(
    zone: string,
    name: string,
    rrset: Rrset,
    signal: AbortSignal,
    turn?: Reservation,
  ): Promise<LiveDnsResult<void>> {
    if (rrset.values.length === 0) return invalid("an rrset without values is never written");
    const { type } = rrset;
    const reply = await this.#call("PUT", { zone, name, type }, rrsetBody(rrset), signal, turn);
    if (!reply.ok) return reply;
    return isRrsetAbsent(reply.value)
      ? { ok: false, error: failureOfBody(reply.value, this.#subject(zone, name, type)) }
      : { ok: true, value: undefined };
  }

  /** Deletes the rrset. It is also a success if it did not exist. */
  async deleteRrset(
    zone: string,
    name: string,
    type: RrsetType,
    signal: AbortSignal,
    turn?: Reservation,
  ): Promise<LiveDnsResult<void>> {
    const reply = await this.#call("DELETE", { zone, name, type }, undefined, signal, turn);
    return reply.ok ? { ok: true, value: undefined } : reply;
  }

  /**
   * Makes later requests use new connections: after a change of the WAN address the old ones are dead without notice.
   * Requests in progress end on theirs.
   */
  dropConnections(): void {
    this.#http.retire();
    this.#http = this.#connect();
  }

  /** Returns how many requests may be sent at once. */
  budgetLeft(): number {
    return this.#budget.left();
  }

  /** Call when no request is in progress. Send none afterwards. */
  close(): void {
    this.#http.destroy();
  }

  /** Returns a 2xx reply, or a 404 that says that the rrset is absent. */
  async #call(
    method: Method,
    rrset: { zone: string; name: string; type: RrsetType },
    body: string | undefined,
    signal: AbortSignal,
    turn: Reservation | undefined,
  ): Promise<LiveDnsResult<GandiReply>> {
    signal.throwIfAborted();
    const { zone, name, type } = rrset;
    const problem = zoneProblem(zone) ?? nameProblem(name, zone);
    if (problem !== undefined) return invalid(problem);

    const token = await this.#token();
    if (!token.ok) return token;
    const refusal = (turn ?? this.#budget).take();
    if (refusal !== undefined) return { ok: false, error: notSentYet(refusal, this.#budget) };

    // "@" is allowed unescaped in a path (RFC 3986 section 3.3), and Gandi writes the name of a zone in this way.
    const path = [zone, "records", name, type].map(encodeURIComponent).join("/").replaceAll("%40", "@");
    const url = new URL(`${this.#baseUrl}/domains/${path}`);
    const subject = this.#subject(zone, name, type);
    const startedMs = this.#options.clock.monotonic();
    const result = await this.#send({ url: url.href, method, token: token.value, body }, subject, signal);
    const durationMs = this.#options.clock.monotonic() - startedMs;
    const { status } = result.ok ? result.value : result.error;
    this.#options.onRequest?.(method, result.ok ? "Ok" : result.error.kind, status, durationMs);
    this.#options.log.debug(
      {
        method,
        path: url.pathname,
        outcome: result.ok ? status : result.error.kind,
        durationMs: Math.round(durationMs),
      },
      "Gandi request",
    );
    return result;
  }

  async #send(
    call: { url: string; method: Method; token: string; body: string | undefined },
    subject: RequestSubject,
    signal: AbortSignal,
  ): Promise<LiveDnsResult<GandiReply>> {
    const { url, method, token, body } = call;
    const headers: Record<string, string> = { authorization: authorization(token), accept: "application/json" };
    if (body !== undefined) headers["content-type"] = "application/json";
    const { clock, timeouts } = this.#options;
    let reply: GandiReply;
    try {
      const answer = await exchange({ url, method, headers, body }, { http: this.#http, timeouts, clock, signal });
      reply = { ...answer, redact: redactor(token) };
    } catch (error) {
      signal.throwIfAborted();
      return { ok: false, error: failureOfError(error, subject) };
    }
    if ((reply.status >= 200 && reply.status < 300) || isRrsetAbsent(reply)) return { ok: true, value: reply };
    const failure = failureOfReply(reply, subject, clock.now());
    this.#remember(failure, token);
    return { ok: false, error: failure };
  }

  /** Applies the consequences of a refusal to later requests, for any record. */
  #remember(failure: LiveDnsFailure, token: string): void {
    if (failure.kind === "RateLimited") this.#budget.slowDown(failure.retryAfterMs);
    if (failure.kind === "Unauthorized") {
      this.#refused = { token, untilMs: this.#options.clock.monotonic() + REFUSED_TOKEN_MS, failure };
    }
  }

  async #token(): Promise<LiveDnsResult<string>> {
    let token: string;
    try {
      token = await this.#options.token();
    } catch (error) {
      const message = error instanceof EsddnsError ? error.message : "The Gandi token cannot be read.";
      return { ok: false, error: { kind: "Unauthorized", message } };
    }
    // The token was replaced. If the first one is put back later, it is tried again.
    if (this.#refused?.token !== token) this.#refused = undefined;
    const refused = this.#refused;
    if (refused !== undefined && this.#options.clock.monotonic() < refused.untilMs) {
      return { ok: false, error: refused.failure };
    }
    return { ok: true, value: token };
  }

  #subject(zone: string, name: string, type: RrsetType): RequestSubject {
    return { zone, rrset: `${type} ${fqdn(zone, name)}`, api: this.#baseUrl };
  }
}

function invalid(problem: string): { ok: false; error: LiveDnsFailure } {
  return { ok: false, error: { kind: "Invalid", message: `Not sent to Gandi: ${problem}.` } };
}

function checkBaseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const loopback = ["127.0.0.1", "[::1]", "localhost"].includes(url?.hostname ?? "");
  if (url === undefined || !(url.protocol === "https:" || (url.protocol === "http:" && loopback))) {
    throw new EsddnsError("ESDDNS_GANDI_URL", `Gandi's base URL must be an https:// URL, not "${text}".`);
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw new EsddnsError("ESDDNS_GANDI_URL", "Gandi's base URL must have no user, query or fragment.");
  }
  return url.origin + url.pathname.replace(/\/+$/, "");
}
