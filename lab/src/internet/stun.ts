import { join } from "node:path";
import type { Service } from "../machine/service.ts";
import { ISP } from "../network/hosts.ts";
import { internet, wan, type Host } from "../topology.ts";
import { configured } from "./configured.ts";
import { caCertificate, internetDir, put, tlsFiles } from "./files.ts";
import { publicName } from "./names.ts";
import { expectStun, expectTls } from "./probe.ts";

/** What a coturn of the lab serves, always over IPv4 and IPv6. coturn speaks TLS and plain STUN on every TCP port. */
export interface CoturnHost {
  readonly host: Host;
  readonly ports: readonly [number, ...number[]];
  readonly tcp: boolean;
  /** The port for TLS; the others then speak it, too. */
  readonly tlsPort?: number;
}

/** As the real services do. */
export const coturnHosts: readonly CoturnHost[] = [
  { host: internet.stunGoogle, ports: [19302, 3478], tcp: false },
  { host: internet.stunCloudflare, ports: [3478], tcp: true, tlsPort: 5349 },
  { host: internet.stunTwilio, ports: [3478], tcp: true },
  { host: internet.stunNextcloud, ports: [3478, 443], tcp: true, tlsPort: 5349 },
];

export async function prepareStun(): Promise<void> {
  for (const coturn of coturnHosts) await put(configFile(coturn.host), renderCoturn(coturn, internetDir));
}

/** The STUN servers, the provider's included: coturn for RFC 8489, Debian's stund for the classic STUN of RFC 3489. */
export async function stunServices(): Promise<Service[]> {
  const coturns = coturnHosts.map((coturn) => {
    const { certificate, key } = tlsFiles(coturn.host.name);
    const tls = coturn.tlsPort === undefined ? [] : [certificate, key];
    return configured(coturnService(coturn), [configFile(coturn.host), ...tls]);
  });
  const { stunSipgate } = internet;
  return [
    ...(await Promise.all(coturns)),
    stund("stund", stunSipgate.name, stunSipgate),
    stund("stund-isp", ISP, wan.isp),
  ];
}

/** turnserver.conf of a server that answers Binding requests and relays nothing. */
export function renderCoturn({ host, ports, tcp, tlsPort }: CoturnHost, dir: string): string {
  const [main, ...others] = ports;
  const tls = tlsFiles(host.name);
  return [
    "stun-only",
    "no-cli",
    "no-rfc5780",
    "no-dtls",
    `listening-ip=${host.ipv4}`,
    `listening-ip=${host.ipv6}`,
    `listening-port=${main}`,
    ...others.flatMap((port) => [`aux-server=${host.ipv4}:${port}`, `aux-server=[${host.ipv6}]:${port}`]),
    ...(tcp ? [] : ["no-tcp"]),
    ...(tlsPort === undefined
      ? ["no-tls"]
      : [`tls-listening-port=${tlsPort}`, `cert=${tls.certificate}`, `pkey=${tls.key}`]),
    `userdb=${dir}/coturn-${host.name}.sqlite`,
    `pidfile=${dir}/coturn-${host.name}.pid`,
    "log-file=stdout",
    "simple-log",
    "",
  ].join("\n");
}

function coturnService({ host, ports, tlsPort }: CoturnHost): Service {
  return {
    name: `coturn-${host.name}`,
    host: host.name,
    command: ["/usr/bin/turnserver", "-c", configFile(host)],
    ready: async () => {
      for (const address of [host.ipv4, host.ipv6]) {
        for (const port of ports) await expectStun(host.name, address, port, address);
        if (tlsPort !== undefined) {
          await expectTls(host.name, address, tlsPort, publicName(host), caCertificate);
        }
      }
    },
  };
}

/** It wants two addresses and two ports of its own, for the tests of NAT behaviour that RFC 3489 once had. */
function stund(name: string, host: string, { ipv4, alternateIpv4 }: { ipv4: string; alternateIpv4: string }): Service {
  return {
    name,
    host,
    command: ["/usr/sbin/stund", "-h", ipv4, "-a", alternateIpv4, "-p", "3478", "-o", "3479"],
    ready: () => expectStun(host, ipv4, 3478, ipv4),
  };
}

function configFile(host: Host): string {
  return join(internetDir, `coturn-${host.name}.conf`);
}
