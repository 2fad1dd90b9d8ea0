import { createHash, timingSafeEqual } from "node:crypto";
import type { WanAddressObject } from "@esddns/common/api";
import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/log.ts";
import { TokenBucket } from "../runtime/tokenBucket.ts";
import { type Reply, text } from "../server/server.ts";

/** On the WanAddress: whatever new value it gets, every node looks at once. */
const PROBE_ANNOTATION = "esddns.io/probe";

/** So many requests are taken at once, then one in each of these many milliseconds. */
const LIMIT = { burst: 3, refillMs: 5_000 };

interface RoundRequestsOptions {
  /** The bearer token; undefined: nobody may ask by request. */
  readonly token: string | undefined;
  /** Starts a full round at once. */
  readonly start: () => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Rounds that somebody outside asks for: a router's script by HTTP, a person by annotation. */
export class RoundRequests {
  readonly #options: RoundRequestsOptions;
  #annotation: { value: string | undefined } | undefined;
  readonly #limit = new TokenBucket(LIMIT);

  constructor(options: RoundRequestsOptions) {
    this.#options = options;
  }

  /** POST /probe. Only those who have the token use up the limit: nobody else can shut the router's script out. */
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

  /** The WanAddress was read anew; what it carries when it is first seen asks for nothing. */
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

/** In a time that depends on neither: hashes are compared, which are of one length. */
function isEqual(a: string, b: string): boolean {
  const hash = (value: string): Buffer => createHash("sha256").update(value).digest();
  return timingSafeEqual(hash(a), hash(b));
}
