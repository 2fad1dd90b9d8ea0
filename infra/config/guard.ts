import * as pulumi from "@pulumi/pulumi";
import type { Key } from "./schema.ts";

/** Keeps what comes of encrypted config a secret: secrecy.ts says of which keys. */
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

  /** `value` as a secret where one of the keys that it comes of is stored encrypted. */
  value<T>(value: T, ...keys: readonly Key[]): pulumi.Input<T> {
    return (this.holds(...keys) ? pulumi.secret(value) : value) as pulumi.Input<T>;
  }

  /** The same for what is an output already. */
  output<T>(value: pulumi.Output<T>, ...keys: readonly Key[]): pulumi.Output<T> {
    return this.holds(...keys) ? (pulumi.secret(value) as pulumi.Output<T>) : value;
  }

  /**
   * Options of a resource whose outputs repeat what comes of the keys. Pulumi marks an output by itself only where the
   * input of the same name is a secret as a whole.
   */
  outputs(names: readonly string[], ...keys: readonly Key[]): { additionalSecretOutputs?: string[] } {
    return this.holds(...keys) ? { additionalSecretOutputs: [...names, "__inputs"] } : {};
  }
}
