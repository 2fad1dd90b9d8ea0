import type { Host } from "../topology.ts";

/** The names by which the world knows a host, the first one first. @throws Error when it has none. */
export function publicNames({ name, dnsNames }: Host): readonly [string, ...string[]] {
  const [first, ...more] = dnsNames;
  if (first === undefined) throw new Error(`Host ${name} has no DNS name in topology.ts`);
  return [first, ...more];
}

export function publicName(host: Host): string {
  return publicNames(host)[0];
}
