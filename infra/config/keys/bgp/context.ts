/** What the rules of `bgp` need to know of other keys. */
import type { PlacedPool } from "../pools/schema.ts";

export interface BgpContext {
  readonly pools: readonly PlacedPool[];
  /** The names of all pools, including pools with problems of their own; undefined: they cannot be read. */
  readonly poolNames: readonly string[] | undefined;
  /** MetalLB's own BGP, not FRR: it lacks some of the protocol. Unknown, and so false, if MetalLB is adopted. */
  readonly native: boolean;
  /** Whether FRR's rules hold only among peers of the same node. MetalLB before 0.16 ignores nodeSelectors for them. */
  readonly frrByNode: boolean;
  /** MetalLB is adopted: there may be peers of another stack. */
  readonly adopted: boolean;
  /** Whether something under the key is stored as a secret. */
  readonly encrypted: boolean;
}
