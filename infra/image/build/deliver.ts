/** Turns a built image into a reference from which the nodes can start pods. */
import { z } from "zod";
import { redactor } from "../../config/secrecy.ts";
import { IMAGE_NAME, type Builder } from "./builder.ts";
import { run } from "./command.ts";
import { load } from "./containerd.ts";

export const order = z.object({
  builder: z.enum(["buildah", "docker"]),
  /** A tag for this content only: no other content gets it. */
  tag: z.string(),
  delivery: z.union([
    z.object({ containerd: z.array(z.string()) }),
    z.object({ registry: z.string() }),
    z.object({ loadCommand: z.tuple([z.string()], z.string()) }),
  ]),
  /** Whether esddns:image is stored encrypted: nothing of the delivery is then printed. */
  secret: z.boolean().default(false),
});

type Delivery = z.output<typeof order>["delivery"];

/** Returns a text without the words of the delivery, of which a registry's host is one. */
export function hideDelivery(text: string, delivery: Delivery): string {
  const words =
    "registry" in delivery
      ? [delivery.registry, delivery.registry.split("/")[0] ?? ""]
      : Object.values(delivery).flat();
  return redactor(words)(text);
}

/** Resolves with the digest in the registry, or with the reference on the nodes. Calls `say` with every place that has the image now. */
export async function deliver(
  builder: Builder,
  delivery: Delivery,
  tag: string,
  say: (what: string) => void,
): Promise<string> {
  if ("registry" in delivery) {
    const digest = await builder.push(delivery.registry, tag);
    say(`pushed ${digest} to ${delivery.registry}`);
    return digest;
  }
  if ("loadCommand" in delivery) {
    // An image that such commands load has no digest on the nodes. The tag belongs to the content, and is never moved.
    const image = `${IMAGE_NAME}:${tag}`;
    const archive = await builder.dockerArchive(image);
    const [program = "", ...args] = fillIn(delivery.loadCommand, { archive, image });
    await run(program, args, { install: "It is the first word of esddns:image.loadCommand." });
    say(`loaded ${image} by ${program}`);
    return image;
  }
  const image = await builder.ociArchive();
  await Promise.all(
    delivery.containerd.map(async (node) => {
      await load(node, image);
      say(`loaded ${image.digest} into ${node}`);
    }),
  );
  return `${IMAGE_NAME}@${image.digest}`;
}

/** Replaces `{archive}` and `{image}` in every word of a command. */
function fillIn(command: readonly string[], values: { archive: string; image: string }): string[] {
  return command.map((word) => word.replaceAll("{archive}", values.archive).replaceAll("{image}", values.image));
}
