/** Every trouble of the lab's internet, as data: its processes, its firewall rules, or what else brings it about. */
import { join } from "node:path";
import { stateDir } from "../paths.ts";
import { ISP, nodes } from "../network/hosts.ts";
import { onHost, run } from "../machine/run.ts";
import { coturnHosts } from "../internet/stun.ts";
import { tlsFiles, type KeyPair } from "../internet/files.ts";
import { faultKinds, type FaultKind } from "../internet/gandi/faults.ts";
import type { Service } from "../machine/service.ts";
import { internet, lan, wan } from "../topology.ts";
import { WAN_LINK } from "../network/wan.ts";
import type { Rule } from "./rules.ts";

export interface Trouble {
  readonly name: string;
  /** One line, for people. */
  readonly about: string;
  readonly services?: readonly Service[];
  readonly rules?: readonly Rule[];
  /** Names and certificates that a portal of its own needs, signed by nobody. */
  readonly selfSigned?: KeyPair;
  readonly gandi?: FaultKind;
  readonly apiServer?: "dead" | "hangs";
  /** A LAN host whose cable is out. */
  readonly unplugged?: string;
}

/** What liars say: plausible in the lab, whose stack allows these networks, and nobody's address. */
export const lie = { ipv4: "198.51.100.66", ipv6: "2001:db8:666::66" } as const;
const lieBytes = { ipv4: "c6336442", ipv6: "20010db8066600000000000000000066" };

/** What troubles keep on disk. */
export const troubleDir = join(stateDir, "trouble");

const LIAR_PORT = 39_001;
const PORTAL_PORTS = { address: 39_002, html: 39_003, redirect: 39_004 };
const RELAY_PORT = 39_100;
const DELAY_MS = 400;

const echoHosts = [internet.echoIpify, internet.echoAmazon, internet.echoIfconfig];
const stunPorts = [...new Set(coturnHosts.flatMap(({ ports }) => ports))].filter((port) => port !== 443);

const bothFamilies = (host: string, table: Rule["table"], rules: readonly string[]): Rule[] =>
  (["iptables", "ip6tables"] as const).flatMap((program) => rules.map((rule) => ({ host, program, table, rule })));

const fromLan = "PREROUTING -i lan0";

const gandiFaults: Readonly<Record<FaultKind, string>> = {
  unauthorized: "401 to every request",
  "forbidden-expired": "403, the token has expired",
  "zone-not-found": "404, there is no such zone",
  "rate-limited": "429, too many requests",
  "server-error-html": "500 with a page in HTML",
  "json-without-code": "an error in JSON without a code",
  invalid: "400, the values are refused",
  nonsense: "200 with a page in HTML",
  hang: "takes requests and never answers",
  cut: "does what was asked, and breaks off half way through the answer",
  slow: "does what was asked, and answers 5 s later",
};

export const troubles: readonly Trouble[] = [
  {
    name: "stun-liar",
    about: `${internet.stunGoogle.dnsNames.join(", ")} tells everybody ${lie.ipv4} and ${lie.ipv6}`,
    services: [liar("stun-liar", internet.stunGoogle.name)],
    rules: bothFamilies(
      internet.stunGoogle.name,
      "nat",
      stunPorts.map((port) => `PREROUTING -p udp --dport ${port} -j REDIRECT --to-ports ${LIAR_PORT}`),
    ),
  },
  {
    name: "stun-spoofed",
    about: `somebody on the path answers all STUN that is not TLS with ${lie.ipv4} and ${lie.ipv6}`,
    services: [liar("stun-spoofed", lan.router.name)],
    rules: bothFamilies(
      lan.router.name,
      "nat",
      ["udp", "tcp"].flatMap((protocol) =>
        stunPorts.map((port) => `${fromLan} -p ${protocol} --dport ${port} -j REDIRECT --to-ports ${LIAR_PORT}`),
      ),
    ),
  },
  portal("portal-certificate", "address", `says ${lie.ipv4} under a certificate that nobody vouches for`),
  portal("portal-html", "html", "answers with its login page under a good certificate"),
  portal("portal-redirect", "redirect", "answers with a redirect to its login page under a good certificate"),
  {
    name: "packet-loss",
    about: "three packets in ten are lost between router and provider, in each direction",
    rules: bothFamilies(
      lan.router.name,
      "mangle",
      ["-i", "-o"].map(
        (flag) => `FORWARD ${flag} ${WAN_LINK.router} -m statistic --mode random --probability 0.3 -j DROP`,
      ),
    ),
  },
  {
    name: "stun-delay",
    about: `answers of STUN over UDP come ${DELAY_MS} ms late, and twice`,
    services: [delayRelay()],
    rules: relays().map(({ listen, address, port }) => ({
      host: lan.router.name,
      program: address.includes(":") ? "ip6tables" : "iptables",
      table: "nat",
      rule: `${fromLan} -p udp -d ${address} --dport ${port} -j REDIRECT --to-ports ${listen}`,
    })),
  },
  {
    name: "offline",
    about: "nothing passes between router and provider",
    rules: bothFamilies(
      lan.router.name,
      "mangle",
      ["-i", "-o"].map((flag) => `FORWARD ${flag} ${WAN_LINK.router} -j DROP`),
    ),
  },
  {
    name: "cgnat",
    about: `the provider translates the home's address once more: the internet sees ${wan.sharedIpv4}`,
    rules: [
      {
        host: ISP,
        program: "iptables",
        table: "nat",
        // Told by what it is not, since the router may have any address.
        rule: `POSTROUTING ! -s ${internet.ipv4} -o bridge -j SNAT --to-source ${wan.sharedIpv4}`,
      },
    ],
  },
  ...faultKinds.map((gandi) => ({ name: `gandi-${gandi}`, about: `Gandi's API: ${gandiFaults[gandi]}`, gandi })),
  { name: "api-dead", about: "no kube-apiserver runs", apiServer: "dead" },
  { name: "api-hangs", about: "kube-apiserver takes connections and answers nothing", apiServer: "hangs" },
  ...nodes.map(({ name }) => ({ name: `${name}-unplugged`, about: `${name}'s network cable is out`, unplugged: name })),
];

function liar(name: string, host: string): Service {
  const options = ["--port", String(LIAR_PORT), "--ipv4", lieBytes.ipv4, "--ipv6", lieBytes.ipv6];
  return {
    name: `trouble-${name}`,
    host,
    command: [process.execPath, script("stunLiar.ts"), ...options],
    ready: () => listening(host, LIAR_PORT),
  };
}

/** Stands in the way of the echo services alone: the rest of the internet is as it was. */
function portal(name: string, answer: "address" | "html" | "redirect", about: string): Trouble {
  const own = { certificate: join(troubleDir, `${name}.crt`), key: join(troubleDir, `${name}.key`) };
  const identities = answer === "address" ? [own] : echoHosts.map((host) => tlsFiles(host.name));
  const host = lan.router.name;
  const port = PORTAL_PORTS[answer];
  const destinations = echoHosts.flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6]);
  return {
    name,
    about: `a captive portal in place of the echo services ${about}`,
    ...(answer === "address" ? { selfSigned: own } : {}),
    services: [
      {
        name: `trouble-${name}`,
        host,
        command: [
          ...([process.execPath, script("portalServer.ts"), "--port", String(port)] as const),
          ...["--answer", answer, "--address", lie.ipv4],
          ...identities.flatMap(({ certificate, key }) => ["--cert", certificate, "--key", key]),
        ],
        ready: () => listening(host, port),
      },
    ],
    rules: destinations.map((address) => ({
      host,
      program: address.includes(":") ? "ip6tables" : "iptables",
      table: "nat",
      rule: `${fromLan} -p tcp -d ${address} --dport 443 -j REDIRECT --to-ports ${port}`,
    })),
  };
}

interface Relay {
  readonly listen: number;
  readonly address: string;
  readonly port: number;
}

function relays(): Relay[] {
  const ends = coturnHosts.flatMap(({ host, ports }) =>
    [host.ipv4, host.ipv6].flatMap((address) => ports.map((port) => ({ address, port }))),
  );
  return ends.map((end, i) => ({ listen: RELAY_PORT + i, ...end }));
}

function delayRelay(): Service {
  const host = lan.router.name;
  const ends = relays().map(({ listen, address, port }) => `${listen}=${address}@${port}`);
  return {
    name: "trouble-stun-delay",
    host,
    command: [process.execPath, script("delayRelay.ts"), "--delay", String(DELAY_MS), ...ends],
    ready: () => listening(host, RELAY_PORT),
  };
}

function script(file: string): string {
  return join(import.meta.dirname, file);
}

/** Rejects until something on the host has the port open, over UDP or TCP. */
async function listening(host: string, port: number): Promise<void> {
  const sockets = await run(onHost(host, ["ss", "-Hlntu", `sport = :${port}`]));
  if (sockets.trim() === "") throw new Error(`nothing listens on port ${port}`);
}
