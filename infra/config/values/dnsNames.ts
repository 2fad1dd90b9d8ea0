/** DNS names, as Gandi's API takes them: in lower case, without a dot at the end, other letters as xn--… */
import { isIP } from "node:net";
import { domainToASCII } from "node:url";
import { checkedString } from "./checkedString.ts";
import { quote } from "../validation/problem.ts";

const DOMAIN = /^(?=.{1,253}$)([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)+(?!\d+$)[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const PAGE_HOST = /^(?=.{1,253}$)([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)*(?!\d+$)[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const RECORD = /^(@|\*|(\*\.)?(_?[a-z0-9]([-_a-z0-9]{0,61}[a-z0-9])?)(\._?[a-z0-9]([-_a-z0-9]{0,61}[a-z0-9])?)*)$/;

/** A domain with at least two labels. The last one is not a number, so that `192.168.1.1` is no domain. */
export const zoneName = checkedString((value) => {
  if (DOMAIN.test(value)) return undefined;
  const right =
    "Write the domain as Gandi lists it, in lower case and without a dot at the end, for instance example.com.";
  return { wrong: `${quote(value)} is not the name of a zone`, right: spelt(value, DOMAIN) ?? right };
});

/** The name of a host, for an Ingress. */
export const hostName = checkedString((value) => {
  if (DOMAIN.test(value)) return undefined;
  const right = "Write a whole name and nothing else, in lower case: esddns.example.com.";
  return { wrong: `${quote(value)} is not the name of a host`, right: spelt(value, DOMAIN) ?? right };
});

/** The name of a host as a browser shows it. It may have a single label, as home routers give names. */
export const pageHost = checkedString((value) => {
  if (isIP(value.replace(/^\[(.*)\]$/, "$1")) !== 0) {
    return { wrong: `${quote(value)} is an IP address, under which the page is served anyway`, right: "Leave it out." };
  }
  if (PAGE_HOST.test(value)) return undefined;
  const right = "Write the name and nothing else, without scheme and port and in lower case: esddns.lan.";
  return { wrong: `${quote(value)} is not the name of a host`, right: spelt(hostIn(value), PAGE_HOST) ?? right };
});

/** Returns the host of a URL: a user who copies one from the browser means the name in it. Returns other texts as they are. */
function hostIn(value: string): string {
  return value
    .trim()
    .replace(/^[a-z]+:\/\//i, "")
    .replace(/(:\d+)?(\/.*)?$/, "");
}

/** Returns the names that a message may give for a value. */
export function namesIn(value: string): string[] {
  const host = hostIn(value);
  return [host, domainToASCII(host)].filter((name) => name !== "");
}

export const recordName = checkedString((value) => {
  if (RECORD.test(value) && value.split(".").every((label) => label.length <= 63)) return undefined;
  const right = "Write it relative to the zone and in lower case: home, a.b, @ for the zone itself, * for every name.";
  return { wrong: `${quote(value)} is not the name of a record`, right: spelt(value, RECORD) ?? right };
});

/** Suggests the same name as the DNS spells it, if only the spelling is wrong. */
function spelt(value: string, right: RegExp): string | undefined {
  // domainToASCII takes no underscores and asterisks, so ASCII names are only put into lower case.
  const plain = /[^\x20-\x7e]/.test(value) ? domainToASCII(value.trim()) : value.trim().toLowerCase();
  const name = plain.replace(/\.$/, "");
  return right.test(name) ? `Write ${quote(name)}.` : undefined;
}
