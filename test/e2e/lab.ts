/** What the end-to-end tests need of the lab: its commands, run as a user runs them, and waiting for conditions. */
import { spawn } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { isTrue, listOf, pod, type Pod } from "@esddns/common/cluster";

export interface CommandResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `npm run lab -- ARGS`; a command that hangs is killed after `timeoutMs` (default five minutes) and then fails. */
export function lab(
  args: readonly string[],
  options: { timeoutMs?: number; stdin?: string } = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["lab/src/main.ts", ...args], {
      stdio: ["pipe", "pipe", "pipe"],
      timeout: options.timeoutMs ?? 300_000,
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
    child.on("error", reject);
    child.on("close", (code, signal) => {
      const stderr = Buffer.concat(err).toString() + (signal === null ? "" : `\nkilled by ${signal}`);
      resolve({ status: code ?? 1, stdout: Buffer.concat(out).toString(), stderr });
    });
    child.stdin.end(options.stdin ?? "");
  });
}

/** The same, for commands that must succeed: resolves with what they printed, without the last newline. */
export async function labOk(...args: string[]): Promise<string> {
  const result = await lab(args);
  if (result.status !== 0) {
    throw new Error(`lab ${args.join(" ")} ended with ${result.status}\n${result.stdout}\n${result.stderr}`);
  }
  return result.stdout.trimEnd();
}

export async function labJson<T>(...args: string[]): Promise<T> {
  return JSON.parse(await labOk(...args)) as T;
}

/** The pods of an app in a namespace that are Ready and are to stay. */
export async function readyPods(namespace: string, app: string): Promise<Pod[]> {
  const list = await labJson("kubectl", "get", "pods", "-n", namespace, "-l", `app=${app}`, "-o", "json");
  const { items } = listOf(pod).parse(list);
  return items.filter(({ metadata, status }) => metadata.deletionTimestamp === undefined && isTrue(status, "Ready"));
}

/** The stack's outputs as another stack would get them. */
export function stackOutputs(): Promise<Record<string, unknown>> {
  return labJson("pulumi", "stack", "output", "--json");
}

/** What a client on the internet is told: the answer of the zone's own server, sorted. */
export async function dig(name: string, type: string): Promise<string[]> {
  const answer = await labOk("exec", "client", "dig", "+short", "+time=2", "+tries=2", "@203.0.113.41", name, type);
  return answer.split("\n").filter(Boolean).sort();
}

/** Fetches a URL from the LAN client. */
export function curl(url: string, ...options: string[]): Promise<string> {
  return labOk("exec", "client", "curl", "-sS", "--fail", "--max-time", "10", ...options, url);
}

/** Tries again until `attempt` no longer throws; then its value. Fails with its last error once the time is over. */
export async function eventually<T>(attempt: () => Promise<T>, timeoutMs = 60_000): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await delay(500);
    }
  }
}
