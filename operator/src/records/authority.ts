import { Resolver } from "node:dns/promises";
import type { Authority } from "./verify.ts";

/** Limits of one query. The timeout is for each try, in milliseconds. */
const PATIENCE = { timeout: 2_000, tries: 2 };

/**
 * Queries DNS with Node's resolver. Host names are resolved by the servers in /etc/resolv.conf. A zone's own servers
 * are asked directly, over UDP, and over TCP if the answer is truncated (RFC 7766). Every query has a new resolver, so
 * that no answer is cached.
 */
export const dnsAuthority: Authority = {
  nameServers: (zone, signal) => query(signal, undefined, (resolver) => resolver.resolveNs(zone)),
  addresses: async (host, signal) => {
    const families = await Promise.allSettled([
      query(signal, undefined, (resolver) => resolver.resolve4(host)),
      query(signal, undefined, (resolver) => resolver.resolve6(host)),
    ]);
    const found = families.flatMap((family) => (family.status === "fulfilled" ? family.value : []));
    const [first] = families;
    if (found.length === 0 && first.status === "rejected") throw first.reason;
    return found;
  },
  ask: async (server, name, type, signal) => {
    try {
      return await query(signal, server, (resolver) =>
        type === "A" ? resolver.resolve4(name) : resolver.resolve6(name),
      );
    } catch (error) {
      if (isNothing(error)) return [];
      throw error;
    }
  },
};

async function query<T>(
  signal: AbortSignal,
  server: string | undefined,
  ask: (resolver: Resolver) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const resolver = new Resolver(PATIENCE);
  if (server !== undefined) resolver.setServers([server]);
  const onAbort = (): void => {
    resolver.cancel();
  };
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await ask(resolver);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** Returns whether the server answered that the name, or a record of this type, does not exist. */
function isNothing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOTFOUND" || error.code === "ENODATA");
}
