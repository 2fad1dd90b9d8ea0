/** What the rules of `bgp` need to know of other keys. */
import type { PlacedPool } from "../pools/schema.ts";

export interface BgpContext {
  readonly pools: readonly PlacedPool[];
  /** The names of all pools, including pools with problems of their own; undefined: they cannot be read. */
  readonly poolNames: readonly string[] | undefined;
  /** MetalLB's own BGP, not FRR: it lacks some of the protocol. Unknown, and so false, if MetalLB is adopted. */
  readonly native: boolean;
  /** Whether FRR's rules hold for peers of the same node only: MetalLB before 0.16 looks at no nodeSelectors for them. */
  readonly frrByNode: boolean;
  /** MetalLB is adopted: there may be peers of another stack. */
  readonly adopted: boolean;
  /** Whether something under the key is stored as a secret. */
  readonly encrypted: boolean;
}
