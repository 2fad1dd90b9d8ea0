import { relative } from "node:path";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Guard } from "../config/guard.ts";
import type { ImageSource } from "../config/keys/image.ts";
import { projectDir } from "../projectDir.ts";
import { contentHash } from "./contentHash.ts";

/** Everything that the image is built from and with, relative to the project. */
const INPUTS = ["common", "operator/src", "infra/image/build", "operator/package.json", "package-lock.json"];

type Delivery = (ImageSource & { kind: "build" })["delivery"];

interface OperatorImageArgs {
  readonly source: ImageSource;
  readonly guard: Guard;
}

/**
 * The image of the operator and the status page: a ready one, or one that is built here and brought to the nodes. The
 * other components see only its reference, which changes only when its content does.
 */
export class OperatorImage extends pulumi.ComponentResource {
  readonly reference: pulumi.Output<string>;

  constructor(name: string, { source, guard }: OperatorImageArgs, options: pulumi.ComponentResourceOptions = {}) {
    super("esddns:image:OperatorImage", name, {}, options);
    const reference = source.kind === "reference" ? source.reference : this.#build(name, source, guard);
    this.reference = guard.output(pulumi.output(reference), "image");
    this.registerOutputs({ reference: this.reference });
  }

  #build(
    name: string,
    { builder, delivery, nodes }: ImageSource & { kind: "build" },
    guard: Guard,
  ): pulumi.Output<string> {
    const hash = contentHash(projectDir, INPUTS);
    const secret = guard.holds("image");
    const order = JSON.stringify({ builder, delivery, tag: hash, ...(secret ? { secret } : {}) });
    const build = new command.local.Command(
      `${name}-build`,
      {
        // All paths are relative, so that another checkout of the same tree sees no difference.
        dir: relative(process.cwd(), projectDir) || ".",
        // Use the Node.js that runs this program: only some machines have the packaged one.
        create: "node --import tsx infra/image/build/build.ts",
        environment: { ESDDNS_IMAGE: guard.value(order, "image") },
        // The inputs and the nodes: if neither changes, nothing is built.
        triggers: [hash, guard.value(nodes, "image")],
      },
      // The output names the registry, and on a failure the command.
      { parent: this, ...guard.outputs(["stdout", "stderr", "environment", "triggers"], "image") },
    );
    // The config decides whether the reference is a secret, not the provider.
    return pulumi.unsecret(build.stdout).apply((stdout) => referenceOf(delivery, stdout.trim()));
  }
}

/** The terminal shows what the builder prints, so that is not the registry, which may be encrypted. */
function referenceOf(delivery: Delivery, printed: string): string {
  return "registry" in delivery ? `${delivery.registry}@${printed}` : printed;
}
