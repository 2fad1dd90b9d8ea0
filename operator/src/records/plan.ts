import { type DnsRecordSpec, type PublishedRrset } from "@esddns/common/api";
import { cleanValues } from "@esddns/common/text";
import type { Rrset } from "../gandi/rrset.ts";
import { sameValues } from "./addresses.ts";

/** What to do about one rrset. */
export type Action =
  | { kind: "None" }
  /** Changed: the record itself asks for something new. */
  | { kind: "Put"; because: "Created" | "TakenOver" | "Changed" }
  /** Somebody else changed what had been published; `isRepeat`: the published value is to be written once more. */
  | { kind: "Put"; because: "Drifted"; isRepeat: boolean }
  | { kind: "Refuse"; message: string };

export interface PlanInput {
  desired: Rrset;
  /** What stands at Gandi; undefined: nothing. */
  actual: Rrset | undefined;
  /** A CNAME that stands at the same name. */
  cname: Rrset | undefined;
  /** What this record is known to have published: then the rrset is ours, and every difference is ours to correct. */
  published: PublishedRrset | undefined;
  conflictPolicy: DnsRecordSpec["conflictPolicy"];
}

/**
 * Compares one desired rrset with what stands there. An rrset that equals the desired one is ours from then on, however
 * it got there: the operator may have been stopped between writing it and noting that it had.
 */
export function planRrset({ desired, actual, cname, published, conflictPolicy }: PlanInput): Action {
  if (actual !== undefined && sameRrset(actual, desired)) return { kind: "None" };
  if (cname !== undefined) return { kind: "Refuse", message: besideCname(cname) };
  if (published !== undefined) {
    const untouched = actual !== undefined && sameRrset(actual, published);
    if (untouched) return { kind: "Put", because: "Changed" };
    return { kind: "Put", because: "Drifted", isRepeat: sameRrset(desired, published) };
  }
  if (actual === undefined) return { kind: "Put", because: "Created" };
  return takeOver(actual, desired, conflictPolicy);
}

/** The values as a set, and the ttl. */
export function sameRrset(a: Pick<Rrset, "ttl" | "values">, b: Pick<Rrset, "ttl" | "values">): boolean {
  return a.ttl === b.ttl && sameValues(a.values, b.values);
}

/** The first time only: what stands there was made by somebody else. */
function takeOver(actual: Rrset, desired: Rrset, policy: DnsRecordSpec["conflictPolicy"]): Action {
  // Without a policy what may be lost is one address, which is most likely what an older tool left, or nothing at all.
  const harmless = actual.values.length <= 1 || sameValues(actual.values, desired.values);
  if (policy === "Adopt" || (policy === undefined && harmless)) return { kind: "Put", because: "TakenOver" };
  const advice =
    policy === "Refuse"
      ? "its conflictPolicy is Refuse: remove it at Gandi, or set Adopt"
      : "that is more than one value: set conflictPolicy Adopt to replace all of them, or remove it at Gandi";
  return {
    kind: "Refuse",
    message: `${cleanValues(actual.values)} (TTL ${actual.ttl}) stands there already, and ${advice}`,
  };
}

/**
 * A CNAME allows nothing beside it (RFC 1034 3.6.2). To take its place it would have to be deleted first, and a failure
 * right after that would leave the name with nothing: a person has to do that, whatever the policy says.
 */
function besideCname(cname: Rrset): string {
  return `a CNAME to ${cleanValues(cname.values)} stands at this name, and no address can stand beside it: remove the CNAME at Gandi first`;
}
