import type { DetectionSpec, EchoService, Family, StunServer, StunTransport } from "../api/index.ts";

/** Somebody who can be asked for the address that packets from here come from. */
export type Source = StunSource | EchoSource;

interface SourceBase {
  /** As votes name it. */
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

/** Public STUN servers, each with the organisation that operates it. */
const STUN_SERVERS: readonly StunServer[] = [
  { host: "stun.l.google.com", port: 19302, transport: "udp", organisation: "Google" },
  { host: "stun.cloudflare.com", port: 3478, transport: "udp", organisation: "Cloudflare" },
  { host: "global.stun.twilio.com", port: 3478, transport: "udp", organisation: "Twilio" },
  { host: "stun.nextcloud.com", port: 3478, transport: "udp", organisation: "Nextcloud" },
  { host: "stun.sipgate.net", port: 3478, transport: "udp", organisation: "sipgate" },
];

/** Public HTTPS services that answer with the caller's address; `families` where their names tell them apart. */
const ECHO_SERVICES: readonly (EchoService & { readonly families?: readonly Family[] })[] = [
  { url: "https://api.ipify.org/", organisation: "ipify", families: ["IPv4"] },
  { url: "https://api6.ipify.org/", organisation: "ipify", families: ["IPv6"] },
  { url: "https://checkip.amazonaws.com/", organisation: "Amazon" },
  { url: "https://ifconfig.me/ip", organisation: "ifconfig.me" },
];

/** The sources that the spec switches on: its own lists, or the built-in ones. Each is there once. */
export function sourcesOf(spec: DetectionSpec): Source[] {
  const stun = spec.stun.enabled ? (spec.stun.servers ?? STUN_SERVERS) : [];
  const echo: typeof ECHO_SERVICES = spec.https.enabled ? (spec.https.services ?? ECHO_SERVICES) : [];
  const sources: Source[] = [
    ...stun.map(({ host, port, transport, organisation }) => ({
      kind: "stun" as const,
      id: `stun:${host.includes(":") ? `[${host}]` : host}:${port}?transport=${transport}`,
      organisation,
      families: spec.families,
      host,
      port,
      transport,
    })),
    ...echo.map(({ url, organisation, families = spec.families }) => ({
      kind: "echo" as const,
      id: url,
      organisation,
      families: spec.families.filter((family) => families.includes(family)),
      url,
    })),
  ];
  return [...new Map(sources.map((source) => [source.id, source])).values()];
}
