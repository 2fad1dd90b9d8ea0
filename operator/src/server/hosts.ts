/**
 * Under which names the page is served. A web site that an inhabitant of the LAN opens can have its own name resolve to the
 * page's address and then read the page (DNS rebinding). The browser sends the site's name as Host.
 */
import { isIPv4, isIPv6 } from "node:net";
import type { DnsRecordObject } from "@esddns/common/api";
import { fqdn } from "../gandi/names.ts";

/** What a request's Host may be. `host`: as it was sent, with or without a port. */
export type ServesHost = (host: string, path: string) => boolean;

interface HostNames {
  /** Whole names, in lower case. */
  readonly names: readonly string[];
  /** What the names of Services end in, for instance svc.cluster.local. */
  readonly serviceDomains: readonly string[];
  readonly records: () => readonly Pick<DnsRecordObject, "spec">[];
}

/**
 * They say nothing about the home, and are asked through the API server too, whose proxy leaves the Host as it was: the
 * name of the API server.
 */
const OPEN_PATHS: ReadonlySet<string> = new Set(["/healthz", "/readyz"]);

/**
 * IP addresses and `localhost`, which no web site has for its name, the cluster's names of Services, names of the stack's
 * own records, and `names`.
 */
export function servesHost({ names, serviceDomains, records }: HostNames): ServesHost {
  const known = new Set(["localhost", ...names]);
  const services = ["svc", ...serviceDomains].map((domain) => `.${domain}`);
  return (host, path) => {
    if (OPEN_PATHS.has(path)) return true;
    const name = nameOf(host);
    return (
      isIPv4(name) ||
      isIPv6(name) ||
      known.has(name) ||
      services.some((domain) => name.endsWith(domain)) ||
      records().some(({ spec }) => isOfRecord(name, spec))
    );
  };
}

/** The domains of Services in a pod's /etc/resolv.conf; the kubelet writes them into its search list. */
export function serviceDomainsIn(resolvConf: string): string[] {
  const [, list = ""] = /^search\s+(.*)$/m.exec(resolvConf) ?? [];
  return list.split(/\s+/).flatMap((domain) => /^svc\..+[^.]/i.exec(domain.toLowerCase())?.[0] ?? []);
}

/** Without the port, the brackets of an IPv6 address and the dot at the end of a whole name. */
function nameOf(host: string): string {
  const [, inBrackets] = /^\[(.*)\]/.exec(host) ?? [];
  return inBrackets ?? host.toLowerCase().replace(/:\d*$/, "").replace(/\.$/, "");
}

function isOfRecord(name: string, { zone, name: relative }: DnsRecordObject["spec"]): boolean {
  const whole = fqdn(zone, relative);
  return whole.startsWith("*.") ? name.endsWith(whole.slice(1)) : name === whole;
}
