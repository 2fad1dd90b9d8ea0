import * as pulumi from "@pulumi/pulumi";
import type { StackOutputs } from "./stackOutputs.ts";

type Outputs = { readonly [Name in keyof StackOutputs]?: StackOutputs[Name] };

/**
 * The outputs that this stack stored last, read back by a StackReference to itself. A preview or up without live reads
 * takes from them what only a look at the cluster can tell. The status in an owned resource's state is no substitute:
 * it is that of the last write, and may be older than the outputs.
 *
 * A stack that has stored nothing yet has no outputs: then every value is null.
 */
export class StoredOutputs {
  readonly #read: Promise<{ readonly outputs: Outputs; readonly secret: readonly string[] }>;

  constructor() {
    // Secret as a whole: a preview would print all of them in the comment on a pull request.
    const options = { additionalSecretOutputs: ["outputs"] };
    const { outputs, secretOutputNames } = new pulumi.StackReference("stored", { name: ownName() }, options);
    this.#read = new Promise((resolve) => {
      pulumi.all([outputs, secretOutputNames]).apply(([read, secret]) => {
        // A secret within a secret arrives with the inner envelope still on it.
        const all = pulumi.runtime.isRpcSecret(read) ? (pulumi.runtime.unwrapRpcSecret(read) as unknown) : read;
        resolve({ outputs: all as Outputs, secret });
      });
    });
  }

  /** An output that was stored as a secret is a secret again. */
  get<Name extends keyof StackOutputs>(name: Name): pulumi.Output<StackOutputs[Name] | null> {
    const value = this.#read.then(({ outputs, secret }): pulumi.Output<unknown> => {
      const stored = outputs[name] ?? null;
      return secret.includes(name) ? pulumi.secret(stored) : pulumi.output(stored);
    });
    return pulumi.output(value) as pulumi.Output<StackOutputs[Name] | null>;
  }

  /** The version of MetalLB as the last up saw it; undefined: it is not known. */
  async metallbVersion(): Promise<string | undefined> {
    return (await this.#read).outputs.metallb?.version ?? undefined;
  }
}

function ownName(): string {
  const [organization, stack] = [pulumi.getOrganization(), pulumi.getStack()];
  // A self-managed backend (a file, a bucket) knows no organizations, and its older layout no projects either.
  return organization === "organization" ? stack : [organization, pulumi.getProject(), stack].join("/");
}
