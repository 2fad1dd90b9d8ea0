import { Resolver } from "node:dns/promises";
import type { Family } from "@esddns/common/api";
import type { Clock } from "../runtime/clock.ts";

/** The addresses of a host; rejects where there are none, or nobody tells. */
export type Resolve = (host: string, family: Family, signal: AbortSignal) => Promise<readonly string[]>;

interface ResolvedAddress {
  readonly address: string;
  /** Seconds. */
  readonly ttl: number;
}

export type Lookup = (host: string, family: Family, signal: AbortSignal) => Promise<readonly ResolvedAddress[]>;

/** Seconds for which an answer serves at least, so that probes cost no query each, and at most. */
const TTL_BOUNDS = { min: 60, max: 3600 } as const;

/**
 * Asks the name servers of /etc/resolv.conf, read anew each time. Not getaddrinfo: that cannot be cancelled, and a few
 * queries that hang take the whole thread pool with them.
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

/** Remembers answers for their TTL, within bounds; failures are not remembered. */
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
