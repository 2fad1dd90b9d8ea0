import type { StunServer, StunTransport } from "@esddns/common/api";
import { parseAddress } from "@esddns/common/ip";
import { LIST_ORGANISATION } from "@esddns/common/api";

/** Far more than such a list has. The rest is ignored. */
const MAX_LINES = 2000;

/**
 * Reads a list of STUN servers, one `host:port` per line. Other lines are skipped. Returns undefined if more lines are
 * wrong than right: then the text is no list, but for example the page of a captive portal or an HTML error.
 */
export function parseHostList(text: string, transport: Exclude<StunTransport, "tls">): StunServer[] | undefined {
  const lines = text
    .split("\n", MAX_LINES)
    .map((line) => line.replace(/\r$/, ""))
    .filter((line) => line !== "");
  const servers = lines.flatMap((line) => {
    const server = parseLine(line);
    return server === undefined ? [] : [{ ...server, transport, organisation: LIST_ORGANISATION }];
  });
  return 2 * servers.length > lines.length ? servers : undefined;
}

const LABEL = /^[a-z0-9_]([-a-z0-9_]{0,61}[a-z0-9_])?$/;

function parseLine(line: string): Pick<StunServer, "host" | "port"> | undefined {
  const [, bracketed, plain, digits = ""] =
    /^(?:\[([0-9a-f:.]{2,45})\]|([^:[\]]{1,253})):([1-9]\d{0,4})$/i.exec(line) ?? [];
  const host = (bracketed ?? plain ?? "").toLowerCase();
  const port = Number(digits);
  if (port < 1 || port > 65_535) return undefined;
  const isAddress = parseAddress(host)?.family === (bracketed === undefined ? "IPv4" : "IPv6");
  return isAddress || (bracketed === undefined && isHostName(host)) ? { host, port } : undefined;
}

/**
 * Requires two labels at least, and a last one that is not only digits. So it is no name in the cluster's search path,
 * and no unusual notation of an address.
 */
function isHostName(host: string): boolean {
  const labels = host.split(".");
  return labels.length >= 2 && labels.every((label) => LABEL.test(label)) && !/^\d+$/.test(labels.at(-1) ?? "");
}
