import * as pulumi from "@pulumi/pulumi";
import type { Key } from "./schema.ts";

/** Keeps values that come from encrypted keys secret in Pulumi's state. keyFacts.ts says which keys can be encrypted. */
export class Guard {
  readonly #secretKeys: ReadonlySet<string>;

  /** `secretKeys`: the keys that are stored encrypted. */
  constructor(secretKeys: ReadonlySet<string>) {
    this.#secretKeys = secretKeys;
  }

  /** Whether one of the keys is stored encrypted. */
  holds(...keys: readonly Key[]): boolean {
    return keys.some((key) => this.#secretKeys.has(key));
  }

  /** Makes the value a secret if one of the keys that it comes from is stored encrypted. */
  value<T>(value: T, ...keys: readonly Key[]): pulumi.Input<T> {
    return (this.holds(...keys) ? pulumi.secret(value) : value) as pulumi.Input<T>;
  }

  /** The same for a value that is an output already. */
  output<T>(value: pulumi.Output<T>, ...keys: readonly Key[]): pulumi.Output<T> {
    return this.holds(...keys) ? (pulumi.secret(value) as pulumi.Output<T>) : value;
  }

  /**
   * Options of a resource whose outputs repeat values of the keys. Pulumi marks an output by itself only if the input of
   * the same name is a secret as a whole.
   */
  outputs(names: readonly string[], ...keys: readonly Key[]): { additionalSecretOutputs?: string[] } {
    return this.holds(...keys) ? { additionalSecretOutputs: [...names, "__inputs"] } : {};
  }
}
