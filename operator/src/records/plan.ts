import { type DnsRecordSpec, type PublishedRrset } from "@esddns/common/api";
import { cleanValues } from "@esddns/common/text";
import type { Rrset } from "../gandi/rrset.ts";
import { sameValues } from "./addresses.ts";

/** What to do with one rrset. */
export type Action =
  | { kind: "None" }
  /** Changed: the record itself has a new desired content. */
  | { kind: "Put"; because: "Created" | "TakenOver" | "Changed" }
  /** Another program or person changed the published rrset. `isRepeat`: the published value is written once more. */
  | { kind: "Put"; because: "Drifted"; isRepeat: boolean }
  | { kind: "Refuse"; message: string };

export interface PlanInput {
  desired: Rrset;
  /** The rrset at Gandi, or undefined if it does not exist. */
  actual: Rrset | undefined;
  /** A CNAME at the same name. */
  cname: Rrset | undefined;
  /** What this record is known to have published. If set, the rrset belongs to it and every difference is corrected. */
  published: PublishedRrset | undefined;
  conflictPolicy: DnsRecordSpec["conflictPolicy"];
}

/**
 * Compares one desired rrset with the one at Gandi. An rrset that equals the desired one belongs to the record from
 * then on, whoever wrote it: the operator may have stopped between writing the rrset and recording that it did.
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

/** Compares the values as a set, and the TTL. */
export function sameRrset(a: Pick<Rrset, "ttl" | "values">, b: Pick<Rrset, "ttl" | "values">): boolean {
  return a.ttl === b.ttl && sameValues(a.values, b.values);
}

/** Decides about an rrset that another program or person made. This happens only on the record's first write. */
function takeOver(actual: Rrset, desired: Rrset, policy: DnsRecordSpec["conflictPolicy"]): Action {
  // Without a policy at most one address is replaced, most likely one that an older tool wrote.
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
 * Explains a CNAME in the way. A CNAME allows no other rrset at its name (RFC 1034 3.6.2). The operator would have to
 * delete it first, and a failure right after that would leave the name empty. So a person has to do it under any
 * policy.
 */
function besideCname(cname: Rrset): string {
  return `a CNAME to ${cleanValues(cname.values)} stands at this name, and no address can stand beside it: remove the CNAME at Gandi first`;
}
