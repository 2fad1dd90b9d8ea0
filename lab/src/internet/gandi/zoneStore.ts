import type { Rrset } from "./rrset.ts";

/** Sets an rrset whole, or removes it. */
export type RrsetChange =
  | { readonly kind: "set"; readonly rrset: Rrset }
  | { readonly kind: "delete"; readonly name: string; readonly type: string };

/** Where the account's zones live. What it holds is the truth: the API keeps no copy. */
export interface ZoneStore {
  /** The account's zones, without final dot. */
  readonly zones: readonly string[];
  /** Every rrset of a zone. */
  read(zone: string): Promise<Rrset[]>;
  /** All changes or none; when it resolves, the zone's authoritative server answers with them. */
  apply(zone: string, changes: readonly RrsetChange[]): Promise<void>;
}
