/** The versions of one program that lab/toolchain pins, each in a folder of its own there. */
import { UsageError } from "../errors.ts";
import { binary, toolVersion } from "./toolchain.ts";

export interface Pinned {
  /** For instance 0.15.3. */
  readonly version: string;
  /** The folder in lab/toolchain. */
  readonly tool: string;
  /** Returns the path of one of its programs, once the toolchain is built. */
  readonly binary: (name: string) => string;
}

/**
 * Finds a pinned version.
 * @param tools their folders. The lab runs the first one by default.
 * @throws {UsageError} with the pinned versions, if this is none of them.
 */
export async function pinnedVersion(
  what: string,
  tools: readonly [string, ...string[]],
  version: string | undefined,
): Promise<Pinned> {
  const known = await Promise.all(
    tools.map(async (tool) => ({
      version: (await toolVersion(tool)).replace(/^v/, ""),
      tool,
      binary: (name: string) => binary(name, tool),
    })),
  );
  const chosen = version === undefined ? known[0] : known.find((each) => each.version === version.replace(/^v/, ""));
  if (chosen !== undefined) return chosen;
  const versions = known.map((each) => each.version).join(", ");
  throw new UsageError(
    `the lab has no ${what} ${version ?? ""}; there are ${versions}`,
    `lab/toolchain/${tools[0]}*/go.mod`,
  );
}
