/** What a key of the stack config says about itself beside its shape. */
import { z } from "zod";

/**
 * What happens if the user stores a key encrypted. `secret`: everything that comes from the key is a secret in the inputs
 * and outputs of resources and in the stack's outputs. `refused`: the reason why that is impossible. Pulumi marks whole
 * keys only: one encrypted value makes its whole key secret.
 */
export type Secrecy = "secret" | { readonly refused: string };

interface KeyFacts {
  readonly encrypted: Secrecy;
  /** The page of docs that says more, with its anchor. */
  readonly guide?: string;
  /** The description of a key that Pulumi.yaml cannot declare, and says why. */
  readonly undeclared?: string;
}

const registry = z.registry<KeyFacts>();

/** The schema of a key, together with what the key says about itself. */
export function stackKey<S extends z.ZodType>(schema: S, facts: KeyFacts): S {
  registry.add(schema, facts);
  return schema;
}

/** @throws Error for a schema that is not a key's. */
export function factsOf(key: z.ZodType): KeyFacts {
  const facts = registry.get(key);
  if (facts === undefined) throw new Error("not a key of the stack config: stackKey gives a key its facts");
  return facts;
}

/** Why a key whose values become names cannot be encrypted. */
export const RESOURCE_NAMES = "resource names, and Pulumi's state holds names, ids and URNs as plain text";
