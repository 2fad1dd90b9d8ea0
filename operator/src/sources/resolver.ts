import { Resolver } from "node:dns/promises";
import type { Family } from "@esddns/common/api";
import type { Clock } from "../runtime/clock.ts";

/** Resolves a host to its addresses. Rejects if there are none, or if no name server answers. */
export type Resolve = (host: string, family: Family, signal: AbortSignal) => Promise<readonly string[]>;

interface ResolvedAddress {
  readonly address: string;
  /** Seconds. */
  readonly ttl: number;
}

export type Lookup = (host: string, family: Family, signal: AbortSignal) => Promise<readonly ResolvedAddress[]>;

/** The least time for which an answer is kept, so that probes do not cost a query each, and the longest. Seconds. */
const TTL_BOUNDS = { min: 60, max: 3600 } as const;

/**
 * Asks the name servers of /etc/resolv.conf, which is read again each time. getaddrinfo cannot be cancelled, and a few
 * hanging queries would block the whole thread pool.
 */
export const dnsLookup: Lookup = async (host, family, signal) => {
  signal.throwIfAborted();
  const resolver = new Resolver({ timeout: 1500, tries: 2 });
  const onAbort = (): void => {
    resolver.cancel();
  };
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await (family === "IPv4" ? resolver.resolve4(host, { ttl: true }) : resolver.resolve6(host, { ttl: true }));
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
};

/** Keeps answers for their TTL, within bounds. Failures are not kept. */
export function cachingResolver(lookup: Lookup, clock: Clock): Resolve {
  const known = new Map<string, { addresses: readonly string[]; until: number }>();
  return async (host, family, signal) => {
    const key = `${family} ${host}`;
    const cached = known.get(key);
    if (cached !== undefined && clock.monotonic() < cached.until) return cached.addresses;
    known.delete(key);
    const answers = await lookup(host, family, signal);
    const ttl = Math.min(TTL_BOUNDS.max, Math.max(TTL_BOUNDS.min, Math.min(...answers.map((answer) => answer.ttl))));
    const addresses = answers.map(({ address }) => address);
    known.set(key, { addresses, until: clock.monotonic() + ttl * 1000 });
    return addresses;
  };
}
