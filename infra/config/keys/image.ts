/** Where the operator's image comes from, and how it gets to the nodes. */
import { z } from "zod";
import { stackKey } from "../keyFacts.ts";
import * as fields from "../values/fields.ts";
import type { Problem } from "../validation/problem.ts";

export const imageSchema = z.object({
  reference: fields.imageReference.optional().describe("A ready image by digest: name@sha256:…"),
  builder: z
    .enum(["buildah", "docker", "none"])
    .optional()
    .describe("What builds it on this machine; none: reference."),
  registry: fields.repository.optional().describe("Where it is pushed to: registry.example.com/esddns."),
  containerd: z
    .array(fields.containerdNode)
    .min(1)
    .optional()
    .describe("The containerd or k3s sockets, one for each node, that it is loaded into."),
  loadCommand: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe("Program and arguments that load the archive {archive}: [kind, load, image-archive, '{archive}']."),
  nodes: z
    .array(z.string().min(1))
    .optional()
    .describe("With loadCommand: the nodes that it loads into; a change of the list runs it again."),
});

type Image = z.output<typeof imageSchema>;

type Delivery =
  | { readonly registry: string }
  | { readonly containerd: readonly string[] }
  | { readonly loadCommand: readonly string[] };

export type ImageSource =
  | { readonly kind: "reference"; readonly reference: string }
  | {
      readonly kind: "build";
      readonly builder: "buildah" | "docker";
      readonly delivery: Delivery;
      /** The nodes and places that get the image. A change of this list builds and loads it again. */
      readonly nodes: readonly string[];
    };

const RIGHT =
  "Write { reference: name@sha256:… }, or a builder with one of registry, containerd and loadCommand: " +
  "{ builder: buildah, containerd: [/run/containerd/containerd.sock] }.";

/** Returns the source, or the problems of the section. */
export function imageSource(image: Image): { source: ImageSource } | { problems: readonly Problem[] } {
  const { reference, builder = "none", registry, containerd, loadCommand, nodes } = image;
  const ways = Object.entries({ registry, containerd, loadCommand }).filter(([, value]) => value !== undefined);
  const wrong = (wrong: string, key?: string) => ({
    problems: [{ path: key === undefined ? ["image"] : ["image", key], wrong, right: RIGHT }],
  });
  if (builder === "none") {
    if (reference === undefined) return wrong("says neither reference nor builder");
    const [way] = ways;
    return way === undefined
      ? { source: { kind: "reference", reference } }
      : wrong("has no effect on an image that is ready", way[0]);
  }
  if (reference !== undefined) return wrong("says both what to build and what is ready");
  if (ways.length > 1) return wrong(`says ${ways.map(([key]) => key).join(" and ")}, of which there can be one`);
  if (nodes !== undefined && loadCommand === undefined) return wrong("has an effect with loadCommand only", "nodes");
  if (registry !== undefined) return build(builder, { registry }, [registry]);
  if (loadCommand !== undefined) {
    if (!loadCommand.some((word) => word.includes("{archive}")))
      return wrong("does not say where the archive goes: no word has {archive} in it", "loadCommand");
    return build(builder, { loadCommand }, [...loadCommand, ...[...new Set(nodes)].sort()]);
  }
  const sockets = [...new Set(containerd ?? ["/run/containerd/containerd.sock"])].sort();
  return build(builder, { containerd: sockets }, sockets);
}

function build(builder: "buildah" | "docker", delivery: Delivery, nodes: readonly string[]): { source: ImageSource } {
  return { source: { kind: "build", builder, delivery, nodes } };
}

export const imageKey = stackKey(
  imageSchema
    .transform((image, context): ImageSource => {
      const read = imageSource(image);
      if ("source" in read) return read.source;
      for (const { path, wrong, right } of read.problems)
        context.addIssue({ code: "custom", path: path.slice(1), message: wrong, params: { right } });
      return z.NEVER;
    })
    .describe(RIGHT),
  { encrypted: "secret", guide: "image.md" },
);
