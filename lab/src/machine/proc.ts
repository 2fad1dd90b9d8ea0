/** What /proc tells about processes. A process is known by its id together with its start time: ids are reused. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

export interface ProcessId {
  readonly pid: number;
  /** Clock ticks after boot, field 22 of /proc/PID/stat (proc(5)). */
  readonly startTime: string;
}

/** The process of a /proc/PID/stat line; undefined for one that is dead and only not yet reaped, and for no line. */
export function parseStat(line: string): ProcessId | undefined {
  // The command name stands in parentheses and may itself hold spaces and parentheses.
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

/** One variable of a process' environment as it was when it was started. */
export function environmentOf(pid: number, name: string): string | undefined {
  const entry = readOr(`/proc/${pid}/environ`, "")
    .split("\0")
    .find((text) => text.startsWith(`${name}=`));
  return entry?.slice(name.length + 1);
}

/** `net:[4026532000]`: names the namespace that a process is in. */
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
