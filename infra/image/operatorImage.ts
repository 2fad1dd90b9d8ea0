import { relative } from "node:path";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { ImageSource } from "../config/image.ts";
import { projectDir } from "../projectDir.ts";
import { contentHash } from "./contentHash.ts";

/** Everything that the image is made of and how, relative to the project. */
const INPUTS = ["operator/src", "operator/image", "operator/package.json", "package-lock.json"];

interface OperatorImageArgs {
  readonly source: ImageSource;
  /** How it is built and brought to the nodes has something in it that nobody is to read: a word of loadCommand. */
  readonly secret: boolean;
}

/**
 * The image of the operator and the status page: a ready one, or one that is built here and brought to the nodes.
 * What others see of it is its reference, which changes only when its content does.
 */
export class OperatorImage extends pulumi.ComponentResource {
  readonly reference: pulumi.Output<string>;

  constructor(name: string, { source, secret }: OperatorImageArgs, options: pulumi.ComponentResourceOptions = {}) {
    super("esddns:image:OperatorImage", name, {}, options);
    this.reference = source.kind === "reference" ? pulumi.output(source.reference) : this.#build(name, source, secret);
    this.registerOutputs({ reference: this.reference });
  }

  #build(
    name: string,
    { builder, delivery, nodes }: ImageSource & { kind: "build" },
    secret: boolean,
  ): pulumi.Output<string> {
    const hash = contentHash(projectDir, INPUTS);
    const guarded = <T>(value: T): pulumi.Input<T> => (secret ? pulumi.secret(value) : value) as pulumi.Input<T>;
    const build = new command.local.Command(
      `${name}-build`,
      {
        // Relative all through, so that another checkout of the same tree sees no difference.
        dir: relative(process.cwd(), projectDir) || ".",
        // The Node.js that runs this program: only some machines have the packaged one.
        create: "node --import tsx operator/image/build.ts",
        environment: { ESDDNS_IMAGE: guarded(JSON.stringify({ builder, delivery, tag: hash })) },
        // What it is made of, and for which nodes: with both as they were, nothing is built.
        triggers: [hash, guarded(nodes)],
      },
      { parent: this },
    );
    // The reference is none, whatever the provider makes of secrets that go in.
    return pulumi.unsecret(build.stdout).apply((stdout) => stdout.trim());
  }
}
