import { machineComplaint, type Machine } from "../image/build/machine.ts";
import type { ImageSource } from "../config/keys/image.ts";

/** Returns the programs that must be on the PATH to build the image and bring it to the nodes. Pure. */
export function imagePrograms(image: ImageSource): readonly string[] {
  if (image.kind === "reference") return [];
  const { builder, delivery } = image;
  const loaders =
    "containerd" in delivery
      ? delivery.containerd.map((node) =>
          node.startsWith("ssh:") ? "ssh" : node.startsWith("/run/k3s/") ? "k3s" : "ctr",
        )
      : "loadCommand" in delivery
        ? delivery.loadCommand.slice(0, 1)
        : [];
  return [...new Set([builder, ...loaders])];
}

/** Returns why a machine cannot build the image that the config asks for, or undefined if it can. */
export function buildComplaint(image: ImageSource, machine: Machine): string | undefined {
  return image.kind === "reference" ? undefined : machineComplaint(machine);
}
