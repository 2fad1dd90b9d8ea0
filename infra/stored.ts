import * as pulumi from "@pulumi/pulumi";
import type { StackOutputs } from "./stackOutputs.ts";

type Outputs = { readonly [Name in keyof StackOutputs]?: StackOutputs[Name] };

/**
 * The outputs that this stack stored last, read through a StackReference to itself. A preview or up without live reads
 * takes from them what only the cluster can report. The status in an owned resource's state is no substitute: it is
 * that of the last write, and may be older than the outputs.
 *
 * A stack that has stored nothing yet has no outputs: then every value is null.
 */
export class StoredOutputs {
  readonly #read: Promise<{ readonly outputs: Outputs; readonly secret: readonly string[] }>;

  constructor() {
    // Secret as a whole: otherwise a preview would print all of them in the comment on a pull request.
    const options = { additionalSecretOutputs: ["outputs"] };
    const { outputs, secretOutputNames } = new pulumi.StackReference("stored", { name: ownName() }, options);
    this.#read = new Promise((resolve) => {
      pulumi.all([outputs, secretOutputNames]).apply(([read, secret]) => {
        // A secret within a secret still has its inner envelope here.
        const all = pulumi.runtime.isRpcSecret(read) ? (pulumi.runtime.unwrapRpcSecret(read) as unknown) : read;
        resolve({ outputs: all as Outputs, secret });
      });
    });
  }

  /** Returns an output. One that was stored as a secret is a secret again. */
  get<Name extends keyof StackOutputs>(name: Name): pulumi.Output<StackOutputs[Name] | null> {
    const value = this.#read.then(({ outputs, secret }): pulumi.Output<unknown> => {
      const stored = outputs[name] ?? null;
      return secret.includes(name) ? pulumi.secret(stored) : pulumi.output(stored);
    });
    return pulumi.output(value) as pulumi.Output<StackOutputs[Name] | null>;
  }

  /** Returns the version of MetalLB that the last up saw. Undefined if it is unknown. */
  async metallbVersion(): Promise<string | undefined> {
    return (await this.#read).outputs.metallb?.version ?? undefined;
  }
}

function ownName(): string {
  const [organization, stack] = [pulumi.getOrganization(), pulumi.getStack()];
  // A self-managed backend (a file, a bucket) has no organizations, and its older layout no projects either.
  return organization === "organization" ? stack : [organization, pulumi.getProject(), stack].join("/");
}
