import { Resolver } from "node:dns/promises";
import type { Authority } from "./verify.ts";

/** One query: this long for each of the tries, milliseconds. */
const PATIENCE = { timeout: 2_000, tries: 2 };

/**
 * The DNS by Node's resolver: names by the servers of /etc/resolv.conf, and a zone's own servers directly, over UDP and
 * over TCP where the answer is truncated (RFC 7766). A resolver of its own for every query keeps no answers.
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

/** The server has answered that the name, or a record of the type, does not exist. */
function isNothing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOTFOUND" || error.code === "ENODATA");
}
