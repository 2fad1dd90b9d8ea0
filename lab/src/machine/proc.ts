/** Reads processes from /proc. A process is identified by its id and its start time, because ids are reused. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

export interface ProcessId {
  readonly pid: number;
  /** Clock ticks after boot, field 22 of /proc/PID/stat (proc(5)). */
  readonly startTime: string;
}

/**
 * Returns the process of a /proc/PID/stat line. Undefined for an empty line, or for a process that is dead but not yet
 * reaped.
 */
export function parseStat(line: string): ProcessId | undefined {
  // The command name is in parentheses and may itself contain spaces and parentheses.
  const end = line.lastIndexOf(")");
  const fields = line
    .slice(end + 1)
    .trim()
    .split(/\s+/);
  const pid = Number.parseInt(line, 10);
  const [state, startTime] = [fields[0], fields[19]];
  if (end < 0 || !Number.isInteger(pid) || startTime === undefined) return undefined;
  return state === "Z" || state === "X" ? undefined : { pid, startTime };
}

export function processOf(pid: number): ProcessId | undefined {
  return parseStat(readOr(`/proc/${pid}/stat`, ""));
}

export function isAlive(id: ProcessId): boolean {
  return processOf(id.pid)?.startTime === id.startTime;
}

export function allPids(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** Returns one variable of a process' environment as it was at its start. */
export function environmentOf(pid: number, name: string): string | undefined {
  const entry = readOr(`/proc/${pid}/environ`, "")
    .split("\0")
    .find((text) => text.startsWith(`${name}=`));
  return entry?.slice(name.length + 1);
}

/** Returns the namespace that a process is in, such as `net:[4026532000]`. */
export function namespaceIdOf(pid: number, kind: "net" | "mnt"): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/${kind}`);
  } catch {
    return undefined;
  }
}

/** Signals a process unless it has ended. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

export function readOr(path: string, fallback: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return fallback;
  }
}
