/** The single values of the stack config. Each check is at its leaf, so that one bad value hides no other. */
import { X509Certificate } from "node:crypto";
import { isAbsolute } from "node:path";
import { describeRange, parseNetwork, parseSingle } from "@esddns/common/ip";
import { z } from "zod";
import { canonicalNetwork, neverAHosts } from "./addresses.ts";
import { checkedString } from "./checkedString.ts";
import { quote } from "../validation/problem.ts";

export * from "./dnsNames.ts";
export * from "./kubernetesNames.ts";

/** A network in which hosts of the internet, of a provider or of a lab may have addresses; read as its canonical CIDR. */
export const network = checkedString((value) => {
  const parsed = parseNetwork(value);
  const right = "Write a CIDR, for instance 100.64.0.0/10.";
  if (!parsed.ok) return { wrong: `${quote(value)} is not a network`, right };
  const special = neverAHosts(parsed.range);
  return special === undefined ? undefined : { wrong: `${quote(value)} contains ${special}`, right };
}).overwrite(canonicalNetwork);

/** One address, or one of each family with a comma between them, as MetalLB's annotation has it. */
export const serviceAddress = checkedString((value) => {
  const addresses = splitAddresses(value).map(parseSingle);
  const families = new Set(addresses.map((address) => address?.family));
  if (!families.has(undefined) && families.size === addresses.length) return undefined;
  return {
    wrong: `${quote(value)} is not one IP address, nor one of each family`,
    right: "Write 192.168.1.100, or 192.168.1.100,fd00::100 for a Service with both.",
  };
});

/** Splits at commas and writes each address in its canonical form, so that equal addresses are equal texts. */
export function splitAddresses(value: string): string[] {
  return value.split(",").map((part) => {
    const address = parseSingle(part.trim());
    return address === undefined ? part.trim() : describeRange(address);
  });
}

/** An address that accepts TCP connections. Loopback is the node itself, which may run a router. */
export const hostAddress = checkedString((value) => {
  const address = parseSingle(value);
  const right = "Write one of a host, for instance 192.168.1.1.";
  if (address === undefined) return { wrong: `${quote(value)} is not an IP address`, right };
  const special = neverAHosts(address);
  return special === undefined || /loopback|IPv4 link-local/.test(special)
    ? undefined
    : { wrong: `${quote(value)} contains ${special}`, right };
});

/** A server by name or address, without the scheme or the port that a URL has. */
export const serverHost = checkedString((value) =>
  parseSingle(value) !== undefined || /^(?=.{1,253}$)[A-Za-z0-9_]([-\w]*\w)?(\.\w([-\w]*\w)?)*\.?$/.test(value)
    ? undefined
    : {
        wrong: `${quote(value)} is not the name or address of a host`,
        right: "Write it alone, for instance stun.example.com; port and transport have keys of their own.",
      },
);

/** A router on the LAN. NAT-PMP works over IPv4 only. */
export const routerAddress = checkedString((value) => {
  const address = parseSingle(value);
  const right = "Write the IPv4 address of the router, as the nodes' default route has it: 192.168.1.1.";
  if (address?.family !== "IPv4") return { wrong: `${quote(value)} is not an IPv4 address`, right };
  return /^(0|127|22[4-9]|2[3-5]\d)\./.test(value)
    ? { wrong: `${quote(value)} cannot be a router's`, right }
    : undefined;
});

/** A time as MetalLB's objects have it: 90s, 1m30s. */
export const duration = checkedString((value) =>
  /^(\d+h)?(\d+m)?(\d+s)?$/.test(value) && value !== ""
    ? undefined
    : { wrong: `${quote(value)} is not a time`, right: "Write whole seconds or minutes: 90s, 3m." },
);

/** The seconds of a text that `duration` accepts. */
export function durationSeconds(value: string): number {
  const unit = (letter: string) => Number(new RegExp(`(\\d+)${letter}`).exec(value)?.[1] ?? 0);
  return unit("h") * 3600 + unit("m") * 60 + unit("s");
}

/** Two 16-bit parts (RFC 1997), three 32-bit parts (RFC 8092), or a name that a MetalLB Community object defines. */
export const community = checkedString((value) => {
  const legacy = /^(\d+):(\d+)$/.exec(value);
  const large = /^large:(\d+):(\d+):(\d+)$/.exec(value);
  const [parts, most] = legacy ? [legacy.slice(1), 0xffff] : [large?.slice(1) ?? [], 0xffff_ffff];
  const right = "Write 65535:65282, large:64500:1:2, or a name that a Community object of MetalLB's gives to one.";
  if (parts.length === 0)
    return isCommunityName(value) ? undefined : { wrong: `${quote(value)} is not a BGP community`, right };
  return parts.every((part) => Number(part) <= most)
    ? undefined
    : { wrong: `${quote(value)} has a part above ${most}`, right };
});

/** MetalLB accepts any text. Digits only, or colons in another form than those two, are a mistake. */
function isCommunityName(value: string): boolean {
  return /^(?!\d+$)[\w.-]{1,63}$/.test(value);
}

export const httpsUrl = checkedString((value) =>
  isHttps(value)
    ? undefined
    : {
        wrong: `${quote(value)} is not an https:// URL`,
        right: "Write it in full, for instance https://api.ipify.org.",
      },
);

/** Custom resources accept at most 2048 characters. */
function isHttps(value: string): boolean {
  return value.length <= 2048 && URL.parse(value)?.protocol === "https:";
}

/** An https:// URL, or an empty text that switches a feature off. */
export const optionalHttpsUrl = checkedString((value) =>
  value === "" || isHttps(value)
    ? undefined
    : { wrong: `${quote(value)} is not an https:// URL`, right: 'Write it in full, or "" for none.' },
);

/** YAML reads 2027-05-01 without quotes as a timestamp. The Pulumi CLI passes it on in Go's format. */
const GO_MIDNIGHT = / 00:00:00 \+0000 UTC$/;

/** A day, as 2027-05-01. */
export const date = checkedString(
  (value) =>
    /^\d{4}-\d\d-\d\d$/.test(value) && isDay(value)
      ? undefined
      : { wrong: `${quote(value)} is not a date`, right: "Write year, month and day: 2027-05-01." },
  z.string().overwrite((value) => value.replace(GO_MIDNIGHT, "")),
);

/** Date.parse reads the 31st of February as the 3rd of March. */
function isDay(value: string): boolean {
  const at = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(value);
}

/** A chart's name in a repository, an oci:// URL without a tag, or a path that cannot be mistaken for a name. */
export const chart = checkedString((value) =>
  /^(oci:\/\/[^\s:]+(:\d+)?\/[^\s:]+|\.{0,2}\/[^\s:]+|[^\s:/.][^\s:/]*(?<!\.tgz))$/.test(value)
    ? undefined
    : {
        wrong: `${quote(value)} is not a chart`,
        right: "Write metallb, a path that begins with ./ or /, or oci://registry.example.com/charts/metallb.",
      },
);

export const repositoryUrl = checkedString((value) =>
  ["https:", "http:"].includes(URL.parse(value)?.protocol ?? "")
    ? undefined
    : {
        wrong: `${quote(value)} is not the URL of a repository of charts`,
        right: "Write it with https://; a chart at a registry is chart: oci://…",
      },
);

/** Pinned: MAJOR.MINOR.PATCH. */
export const version = checkedString((value) =>
  /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/.test(value)
    ? undefined
    : { wrong: `${quote(value)} is not one exact version`, right: 'Write it in full and in quotes: "0.15.3".' },
);

/** As containerd reads it: a registry's host and port, a path in lower case, a tag, which a digest overrides. */
const IMAGE_NAME = /^([a-zA-Z0-9.-]+(:\d+)?\/|\[[\da-fA-F:]+\](:\d+)?\/)?[a-z0-9][a-z0-9._/-]*(:[\w.-]+)?$/;

export const imageReference = checkedString((value) => {
  const [name = "", digest = ""] = value.split("@sha256:");
  if (!/^[0-9a-f]{64}$/.test(digest))
    return {
      wrong: `${quote(value)} does not name an image by digest`,
      right: "A tag can be moved; write name@sha256: and the 64 hexadecimal digits of the digest.",
    };
  if (IMAGE_NAME.test(name)) return undefined;
  const right = "Write it in lower case and without https://, for instance registry.example.com/esddns.";
  return { wrong: `${quote(name)} is not the name of an image`, right };
});

/** A containerd socket of this machine, or of one that ssh reaches. */
export const containerdNode = checkedString((value) =>
  isAbsolute(value) || /^ssh:\/\/[\w.@:[\]-]+\/.+$/.test(value)
    ? undefined
    : {
        wrong: `${quote(value)} is not a containerd socket`,
        right: "For instance /run/containerd/containerd.sock, or ssh://root@node2/run/k3s/containerd/containerd.sock.",
      },
);

/** A name of images at a registry, without tag or digest. */
export const repository = checkedString((value) =>
  /^[a-z0-9.-]+(:\d+)?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)+$/.test(value)
    ? undefined
    : {
        wrong: `${quote(value)} does not name a place at a registry`,
        right: "Write registry and name, without a tag: registry.example.com/esddns.",
      },
);

export const certificates = checkedString((value) => {
  const right = "Write the CA certificates as PEM: -----BEGIN CERTIFICATE----- … -----END CERTIFICATE-----.";
  if (/PRIVATE KEY/.test(value)) return { wrong: "contains a private key", right };
  const blocks = value.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) return { wrong: "contains no certificate", right };
  const broken = blocks.findIndex((block) => !isCertificate(block));
  return broken < 0 ? undefined : { wrong: `certificate ${broken + 1} of ${blocks.length} cannot be read`, right };
});

function isCertificate(pem: string): boolean {
  try {
    new X509Certificate(pem);
    return true;
  } catch {
    return false;
  }
}
