/**
 * The names under which the page is served. A web site that a person on the LAN opens can make its own name resolve to
 * the page's address and then read the page (DNS rebinding). The browser sends the site's name as Host, so other names
 * are refused.
 */
import { isIPv4, isIPv6 } from "node:net";
import type { DnsRecordObject } from "@esddns/common/api";
import { fqdn } from "../gandi/names.ts";

/** Reports whether a request's Host is allowed. `host` is as it was sent, with or without a port. */
export type ServesHost = (host: string, path: string) => boolean;

interface HostNames {
  /** Full names, in lower case. */
  readonly names: readonly string[];
  /** The domains in which the names of Services end, for example svc.cluster.local. */
  readonly serviceDomains: readonly string[];
  readonly records: () => readonly Pick<DnsRecordObject, "spec">[];
}

/**
 * These paths show nothing about the home. They are also requested through the API server, whose proxy leaves its own
 * name as Host.
 */
const OPEN_PATHS: ReadonlySet<string> = new Set(["/healthz", "/readyz"]);

/**
 * Allows IP addresses and `localhost`, which no web site has as its name, the cluster's names of Services, the names of
 * the stack's own records, and `names`.
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

/** The domain of Services in a cluster whose administrator chose no other. */
const USUAL_DOMAIN = "svc.cluster.local";

/**
 * Returns the usual domain of Services, and those of a pod's /etc/resolv.conf. The kubelet writes them into its search
 * list.
 */
export function serviceDomainsIn(resolvConf: string): string[] {
  const [, list = ""] = /^search\s+(.*)$/m.exec(resolvConf) ?? [];
  const told = list.split(/\s+/).flatMap((domain) => /^svc\..+[^.]/i.exec(domain.toLowerCase())?.[0] ?? []);
  return [...new Set([USUAL_DOMAIN, ...told])];
}

/** Removes the port, the brackets of an IPv6 address and the trailing dot. */
function nameOf(host: string): string {
  const [, inBrackets] = /^\[(.*)\]/.exec(host) ?? [];
  return inBrackets ?? host.toLowerCase().replace(/:\d*$/, "").replace(/\.$/, "");
}

function isOfRecord(name: string, { zone, name: relative }: DnsRecordObject["spec"]): boolean {
  const whole = fqdn(zone, relative);
  return whole.startsWith("*.") ? name.endsWith(whole.slice(1)) : name === whole;
}
