import { relative } from "node:path";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { ImageSource } from "../config/parse.ts";
import { projectDir } from "../projectDir.ts";
import { contentHash } from "./contentHash.ts";

/** Everything that the image is made of and how, relative to the project. */
const INPUTS = ["operator/src", "operator/image", "operator/package.json", "package-lock.json"];

/**
 * The image of the operator and the status page: a ready one, or one that is built here and loaded into the nodes.
 * What others see of it is its reference by digest, which changes only when its content does.
 */
export class OperatorImage extends pulumi.ComponentResource {
  readonly reference: pulumi.Output<string>;

  constructor(name: string, source: ImageSource, options: pulumi.ComponentResourceOptions = {}) {
    super("esddns:image:OperatorImage", name, {}, options);
    this.reference =
      source.kind === "reference" ? pulumi.output(source.reference) : this.#build(name, source.containerd);
    this.registerOutputs({ reference: this.reference });
  }

  #build(name: string, containerd: readonly string[]): pulumi.Output<string> {
    const sockets = [...containerd].sort();
    const build = new command.local.Command(
      `${name}-build`,
      {
        // Relative all through, so that another checkout of the same tree sees no difference.
        dir: relative(process.cwd(), projectDir) || ".",
        create: "node_modules/.bin/node operator/image/build.ts",
        environment: { ESDDNS_IMAGE_CONTAINERD: JSON.stringify(sockets) },
        triggers: [contentHash(projectDir, INPUTS), sockets],
      },
      { parent: this },
    );
    return build.stdout.apply((stdout) => stdout.trim());
  }
}
