/** Starts, finds again and stops the lab's long-running processes (service.ts), across runs and killed runs. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, openSync, closeSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { LabError, messageOf } from "../errors.ts";
import { logDir, stateDir } from "../paths.ts";
import { allPids, environmentOf, isAlive, parseStat, readOr, signal, type ProcessId } from "./proc.ts";
import { onHost, RUN_MARKER } from "./run.ts";
import type { Service } from "./service.ts";
import type { Step } from "./steps.ts";

const recordDir = join(stateDir, "processes");

const READY_SECONDS = 30;
const STOP_MS = 4_000;

export interface ServiceState {
  readonly name: string;
  readonly host: string;
  /** Its process. Undefined when it does not run. */
  readonly process: ProcessId | undefined;
}

/**
 * Starts services as they are described and waits until they serve. A service that already does is left alone.
 * @throws {LabError} with the log of the service that ended or was not ready in time.
 */
export async function ensureRunning(services: readonly Service[], step: Step): Promise<void> {
  await Promise.all(services.map((service) => ensureOne(service, step)));
}

async function ensureOne(service: Service, step: Step): Promise<void> {
  const record: ProcessRecord = { host: service.host, hash: serviceHash(service) };
  let running = runningProcess(service.name);
  if (running !== undefined && readRecord(service.name)?.hash !== record.hash) {
    step.progress(`${service.name} has changed, restarting it`);
    await stop(service.name);
    running = undefined;
  }
  if (running === undefined) {
    step.progress(`starting ${service.name}`);
    start(service, record);
  }
  await untilReady(service);
}

/** Lists every service that was started and not stopped, running or not. */
export function recordedServices(): ServiceState[] {
  if (!existsSync(recordDir)) return [];
  return readdirSync(recordDir)
    .filter((file) => file.endsWith(".json"))
    .map((file) => file.slice(0, -".json".length))
    .sort()
    .map((name) => ({ name, host: readRecord(name)?.host ?? "?", process: runningProcess(name) }));
}

/** Ends a service and deletes its record: SIGTERM first, SIGKILL if it has not ended a few seconds later. */
export async function stop(name: string): Promise<void> {
  const running = runningProcess(name);
  if (running !== undefined) await endProcesses([running], STOP_MS);
  rmSync(statFile(name), { force: true });
  rmSync(recordFile(name), { force: true });
}

/** Sends SIGTERM, and `graceMs` later SIGKILL to those that still run. Resolves when none is left. */
export async function endProcesses(processes: readonly ProcessId[], graceMs: number): Promise<void> {
  const deadlineMs = performance.now() + graceMs;
  for (const { pid } of processes.filter(isAlive)) signal(pid, "SIGTERM");
  while (processes.some(isAlive)) {
    if (performance.now() > deadlineMs) for (const { pid } of processes.filter(isAlive)) signal(pid, "SIGKILL");
    await sleep(50);
  }
}

/** Ends the commands that a killed run was waiting for: they would interfere with this run. */
export async function endStrays(): Promise<void> {
  const strays = allPids()
    .filter((pid) => {
      const runner = environmentOf(pid, RUN_MARKER);
      // If the runner still runs, it is another command that needs no lock, such as `status`.
      return runner !== undefined && parseStat(readOr(`/proc/${runner}/stat`, "")) === undefined;
    })
    .flatMap((pid) => parseStat(readOr(`/proc/${pid}/stat`, "")) ?? []);
  await endProcesses(strays, STOP_MS);
}

interface ProcessRecord {
  readonly host: string;
  readonly hash: string;
}

/** Returns a hash that changes when a service is started in another way. */
export function serviceHash({ host, command, env = {}, cwd = "" }: Service): string {
  const entries = Object.entries(env).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256")
    .update(JSON.stringify([host, command, entries, cwd]))
    .digest("hex");
}

const recordFile = (name: string) => join(recordDir, `${name}.json`);
const statFile = (name: string) => join(recordDir, `${name}.stat`);
const logFile = (name: string) => join(logDir, `${name}.log`);

function readRecord(name: string): ProcessRecord | undefined {
  const text = readOr(recordFile(name), "");
  return text === "" ? undefined : (JSON.parse(text) as ProcessRecord);
}

function runningProcess(name: string): ProcessId | undefined {
  const recorded = parseStat(readOr(statFile(name), ""));
  return recorded !== undefined && isAlive(recorded) ? recorded : undefined;
}

/** The shell writes its own /proc/PID/stat and then becomes the service, so no process ever runs without a record. */
const LAUNCHER = `cat /proc/$$/stat >"$0" && exec "$@"`;

function start(service: Service, record: ProcessRecord): void {
  mkdirSync(recordDir, { recursive: true });
  mkdirSync(logDir, { recursive: true });
  rmSync(statFile(service.name), { force: true });
  writeFileSync(recordFile(service.name), JSON.stringify(record));
  const log = openSync(logFile(service.name), "a");
  const child = spawn("sh", ["-c", LAUNCHER, statFile(service.name), ...onHost(service.host, service.command)], {
    detached: true,
    stdio: ["ignore", log, log],
    cwd: service.cwd ?? "/",
    env: {
      PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      HOME: "/root",
      LANG: "C.UTF-8",
      ...service.env,
    },
  });
  child.unref();
  closeSync(log);
}

async function untilReady(service: Service): Promise<void> {
  const startedMs = performance.now();
  const limitMs = (service.readySeconds ?? READY_SECONDS) * 1000;
  for (;;) {
    const problem = await service.ready().then(
      () => undefined,
      (error: unknown) => messageOf(error),
    );
    if (problem === undefined) return;
    const elapsedMs = performance.now() - startedMs;
    // The launcher needs a moment before the process exists.
    const ended = elapsedMs > 1_000 && runningProcess(service.name) === undefined;
    if (ended || elapsedMs > limitMs) {
      const what = ended ? "ended by itself" : `was not ready within ${limitMs / 1000} s (${problem})`;
      throw new LabError(`${service.name} on ${service.host} ${what}`, {
        log: logFile(service.name),
        hint: `npm run lab -- logs ${service.name}`,
      });
    }
    await sleep(150);
  }
}
