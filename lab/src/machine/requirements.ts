/** Checks what the lab needs from the machine and from the user who starts it. */
import { LabError } from "../errors.ts";

interface Machine {
  readonly platform: string;
  readonly arch: string;
  /** Undefined on Windows. */
  readonly uid: number | undefined;
}

/**
 * Checks the machine.
 * @throws LabError if the lab cannot run here.
 */
export function requireMachine({ platform, arch, uid }: Machine): void {
  if (platform !== "linux" || arch !== "x64") {
    throw new LabError(`The lab needs Linux x64 with root, and this machine is ${platform} ${arch}.`);
  }
  if (uid !== 0) {
    throw new LabError("The lab needs root, for its network namespaces and mounts.", { hint: "sudo npm run lab" });
  }
}
