import type { DetectionSpec, EchoService, Family, SourceKind, StunServer, StunTransport } from "./v1alpha1.ts";

/** A source that can be asked for the address from which packets from here come. */
export type Source = StunSource | EchoSource | RouterSource;

interface SourceBase {
  /** The name of the source in votes. */
  readonly id: string;
  readonly organisation: string;
  /** The families over which it is asked. */
  readonly families: readonly Family[];
}

export interface StunSource extends SourceBase {
  readonly kind: "stun";
  readonly host: string;
  readonly port: number;
  readonly transport: StunTransport;
}

export interface EchoSource extends SourceBase {
  readonly kind: "echo";
  readonly url: string;
}

/** The router at this address, asked for its own external address. It answers for IPv4 only. */
export interface RouterSource extends SourceBase {
  readonly kind: "router";
  readonly protocol: "nat-pmp" | "pcp";
  readonly router: string;
}

/** The organisation of every server that is known only from a downloaded list. */
export const LIST_ORGANISATION = "always-online-stun";

/** Public STUN servers, each with the organisation that operates it. */
export const STUN_SERVERS: readonly StunServer[] = [
  { host: "stun.l.google.com", port: 19302, transport: "udp", organisation: "Google" },
  { host: "stun.cloudflare.com", port: 3478, transport: "udp", organisation: "Cloudflare" },
  { host: "global.stun.twilio.com", port: 3478, transport: "udp", organisation: "Twilio" },
  { host: "stun.nextcloud.com", port: 3478, transport: "udp", organisation: "Nextcloud" },
  { host: "stun.sipgate.net", port: 3478, transport: "udp", organisation: "sipgate" },
];

/**
 * Public HTTPS services that answer with the caller's address. `families` if the service has a host name per family.
 */
const ECHO_SERVICES: readonly (EchoService & { readonly families?: readonly Family[] })[] = [
  { url: "https://api.ipify.org/", organisation: "ipify", families: ["IPv4"] },
  { url: "https://api6.ipify.org/", organisation: "ipify", families: ["IPv6"] },
  { url: "https://checkip.amazonaws.com/", organisation: "Amazon" },
  { url: "https://ifconfig.me/ip", organisation: "ifconfig.me" },
];

/** Reports whether a link of the chain is asked: it must be in `sources`, and not be switched off itself. */
export function asks(spec: Pick<DetectionSpec, "sources" | "stun" | "https">, kind: SourceKind): boolean {
  return spec.sources.includes(kind) && (kind === "direct" || spec[kind].enabled);
}

/**
 * Returns the sources that the spec enables, in the order of its chain: its own lists, or the built-in ones. Each is
 * included once, under the organisation that comes first.
 *
 * @param listed servers of downloaded lists, which are used if the spec names none
 */
export function sourcesOf(spec: DetectionSpec, listed: readonly StunServer[] = []): Source[] {
  const sources = spec.sources.flatMap((kind) => (asks(spec, kind) ? LINKS[kind](spec, listed) : []));
  const byId = new Map<string, Source>();
  for (const source of sources) if (!byId.has(source.id)) byId.set(source.id, source);
  return [...byId.values()];
}

/** Returns the link of the chain that a source belongs to. */
export function linkOf({ kind }: Source): SourceKind {
  return kind === "stun" ? "stun" : kind === "echo" ? "https" : "direct";
}

const LINKS: Record<SourceKind, (spec: DetectionSpec, listed: readonly StunServer[]) => Source[]> = {
  stun: ({ families, stun }, listed) =>
    (stun.servers ?? [...STUN_SERVERS, ...listed]).map(({ host, port, transport, organisation }) => ({
      kind: "stun",
      id: `stun:${host.includes(":") ? `[${host}]` : host}:${port}?transport=${transport}`,
      organisation,
      families,
      host,
      port,
      transport,
    })),
  https: (spec) =>
    (spec.https.services ?? ECHO_SERVICES).map(
      ({ url, organisation, families = spec.families }: EchoService & { readonly families?: readonly Family[] }) => ({
        kind: "echo",
        id: url,
        organisation,
        families: spec.families.filter((family) => families.includes(family)),
        url,
      }),
    ),
  direct: ({ families, router, pcp, hostNetwork }) =>
    router === undefined
      ? []
      : (["nat-pmp", "pcp"] as const)
          // A request from the pod network is translated on its way, and a PCP server refuses that.
          .filter((protocol) => protocol === "nat-pmp" || (pcp && hostNetwork))
          .map((protocol) => ({
            kind: "router",
            id: `${protocol}:${router}`,
            organisation: "router",
            families: families.filter((family) => family === "IPv4"),
            protocol,
            router,
          })),
};
