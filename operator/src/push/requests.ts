import { createHash, timingSafeEqual } from "node:crypto";
import type { WanAddressObject } from "@esddns/common/api";
import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/log.ts";
import { TokenBucket } from "../runtime/tokenBucket.ts";
import { type Reply, text } from "../server/server.ts";

/** On the WanAddress. Any new value makes every node look at once. */
const PROBE_ANNOTATION = "esddns.io/probe";

/** How many requests are accepted at once, and how often afterwards. */
const LIMIT = { burst: 3, refillMs: 5_000 };

interface RoundRequestsOptions {
  /** The bearer token. Undefined: requests are not accepted. */
  readonly token: string | undefined;
  /** Starts a full round at once. */
  readonly start: () => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Rounds requested from outside: by HTTP from a router's script, or by a person's annotation. */
export class RoundRequests {
  readonly #options: RoundRequestsOptions;
  #annotation: { value: string | undefined } | undefined;
  readonly #limit = new TokenBucket(LIMIT);

  constructor(options: RoundRequestsOptions) {
    this.#options = options;
  }

  /**
   * POST /probe. Only requests with the token use up the limit, so other clients cannot shut out the router's script.
   */
  post(authorization: string | undefined): Reply {
    const { token } = this.#options;
    const [, given] = /^Bearer +(\S+)$/i.exec(authorization ?? "") ?? [];
    if (token === undefined || given === undefined || !isEqual(given, token)) {
      return { ...text(401, "a bearer token is needed"), headers: { "www-authenticate": 'Bearer realm="esddns"' } };
    }
    if (!this.#spend()) {
      return { ...text(429, "too many requests"), headers: { "retry-after": String(LIMIT.refillMs / 1000) } };
    }
    this.#options.log.info({ by: "request" }, "a round was asked for");
    this.#options.start();
    return text(202, "looking");
  }

  /** The WanAddress changed. An annotation that is there at the first read requests nothing. */
  wanChanged(object: WanAddressObject | undefined): void {
    if (object === undefined) return;
    const value = object.metadata.annotations?.[PROBE_ANNOTATION];
    const before = this.#annotation;
    this.#annotation = { value };
    if (before === undefined || value === undefined || before.value === value) return;
    if (!this.#spend()) return;
    this.#options.log.info({ by: "annotation" }, "a round was asked for");
    this.#options.start();
  }

  #spend(): boolean {
    return this.#limit.take(this.#options.clock.monotonic());
  }
}

/** Compares in constant time: hashes have one length. */
function isEqual(a: string, b: string): boolean {
  const hash = (value: string): Buffer => createHash("sha256").update(value).digest();
  return timingSafeEqual(hash(a), hash(b));
}
