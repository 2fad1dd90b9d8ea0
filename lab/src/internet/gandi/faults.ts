import { z } from "zod";
import * as answers from "./answers.ts";
import type { ApiAnswer } from "./answers.ts";

/** An hour, milliseconds. Node takes a timer of more than 24.8 days for one of 1 ms. */
const MAX_DELAY_MS = 3_600_000;

/** A way for the stand-in to fail, switched on from outside. */
export const faultSchema = z.strictObject({
  fault: z.enum([
    "unauthorized",
    "forbidden-expired",
    "zone-not-found",
    "rate-limited",
    "server-error-html",
    "json-without-code",
    "invalid",
    "nonsense",
    /** Never answers, and does not do what was asked. */
    "hang",
    /** Does what was asked, then breaks the connection half way through the answer. */
    "cut",
    /** Does what was asked, and answers `delayMs` later. */
    "slow",
  ]),
  /** How many requests it hits; without it, every one until the faults are cleared. */
  times: z.int().positive().optional(),
  /** Seconds, for the answer's Retry-After. */
  retryAfter: z.int().nonnegative().optional(),
  /** For `slow`. */
  delayMs: z.int().nonnegative().max(MAX_DELAY_MS).default(5_000),
  /** Which requests it hits: the method, and what the path contains. */
  match: z.strictObject({ method: z.string().optional(), path: z.string().optional() }).default({}),
});

/** As a test writes it. */
export type FaultInput = z.input<typeof faultSchema>;
export type Fault = z.output<typeof faultSchema>;
export type FaultKind = Fault["fault"];
export const faultKinds: readonly FaultKind[] = faultSchema.shape.fault.options;

/** The faults that are switched on, in the order of their arrival. */
export class FaultSet {
  #faults: { fault: Fault; left: number }[] = [];

  add(fault: Fault): void {
    this.#faults.push({ fault, left: fault.times ?? Infinity });
  }

  clear(): void {
    this.#faults = [];
  }

  /** The fault that hits this request, if any; that uses up one of its `times`. */
  take(method: string, path: string): Fault | undefined {
    const hit = this.#faults.find(
      ({ fault: { match } }) => (match.method ?? method) === method && path.includes(match.path ?? ""),
    );
    if (hit === undefined) return undefined;
    hit.left -= 1;
    this.#faults = this.#faults.filter(({ left }) => left > 0);
    return hit.fault;
  }
}

/** What a fault answers in place of the API; undefined for those that let the API answer, or nobody. */
export function faultAnswer({ fault, retryAfter }: Fault): ApiAnswer | undefined {
  const make = faultAnswers[fault];
  if (make === undefined) return undefined;
  const answer = make();
  const headers = retryAfter === undefined ? {} : { "Retry-After": String(retryAfter) };
  return { ...answer, headers: { ...answer.headers, ...headers } };
}

const faultAnswers: Readonly<Partial<Record<FaultKind, () => ApiAnswer>>> = {
  unauthorized: answers.unauthorized,
  "forbidden-expired": answers.forbidden,
  "zone-not-found": answers.zoneNotFound,
  "rate-limited": answers.tooManyRequests,
  "server-error-html": answers.htmlError,
  "json-without-code": answers.credentialsMissing,
  nonsense: answers.loginPage,
  invalid: () => answers.invalid([{ location: "body", name: "rrset_values", description: "Invalid value" }]),
};
