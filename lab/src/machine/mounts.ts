/** Reads the lab's mounts in the machine's own mount namespace. */
import { readFileSync } from "node:fs";
import { NAMESPACE_PREFIX } from "../topology.ts";

export const NETNS_DIR = "/run/netns";

export interface Mount {
  readonly target: string;
  readonly type: string;
}

/** Lists all mounts in the order in which they were made. */
export function allMounts(): Mount[] {
  return parseMountinfo(readFileSync("/proc/self/mountinfo", "utf8"));
}

/**
 * Reads mountinfo (proc(5)): the mount point is field 5, the type the first field behind the dash. Blanks are written
 * in octal.
 */
export function parseMountinfo(text: string): Mount[] {
  return text
    .trimEnd()
    .split("\n")
    .flatMap((line) => {
      const fields = line.split(" ");
      const [target, type] = [fields[4], fields[fields.indexOf("-") + 1]];
      return target === undefined || type === undefined ? [] : [{ target: unescapeOctal(target), type }];
    });
}

/** Returns the names under which network namespaces of the lab are really mounted. */
export function namespaceMounts(): Set<string> {
  const prefix = `${NETNS_DIR}/${NAMESPACE_PREFIX}`;
  const mounted = allMounts().filter(({ target, type }) => type === "nsfs" && target.startsWith(prefix));
  return new Set(mounted.map(({ target }) => target.slice(NETNS_DIR.length + 1)));
}

function unescapeOctal(path: string): string {
  return path.replaceAll(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8)));
}
