/** Shows a run step by step: what is being done, how far it is, how long it took, and where to look when it fails. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LabError, messageOf } from "../errors.ts";
import { logDir } from "../paths.ts";
import { run, type Argv, type RunOptions } from "./run.ts";

export interface Step {
  /** Prints one line about how far the step is. */
  progress(text: string): void;
  /** Runs a command and writes its output to the step's log. */
  run(argv: Argv, options?: RunOptions): Promise<string>;
  /** The step's log file: `npm run lab -- logs step-NAME`. */
  readonly log: string;
}

export interface StepOutput {
  write(text: string): void;
  readonly color: boolean;
  nowMs(): number;
}

/** A step failed, and its report has been printed already. */
export class StepFailed extends Error {}

export class Steps {
  readonly #out: StepOutput;
  readonly #startedMs: number;

  constructor(out: StepOutput) {
    this.#out = out;
    this.#startedMs = out.nowMs();
  }

  /** Runs a step, and resolves to the result of `work`. Steps may overlap: every line carries the step's name. */
  async step<T>(name: string, work: (step: Step) => Promise<T>): Promise<T> {
    const startedMs = this.#out.nowMs();
    const log = stepLog(name);
    this.#line("•", "36", name);
    const step: Step = {
      log,
      progress: (text) => {
        this.#line(" ", "2", name, text);
      },
      run: (argv, options) => run(argv, { log, ...options }),
    };
    try {
      const result = await work(step);
      this.#line("✓", "32", name, seconds(this.#out.nowMs() - startedMs));
      return result;
    } catch (error) {
      if (error instanceof StepFailed) throw error;
      this.#line("✗", "31", name, `failed after ${seconds(this.#out.nowMs() - startedMs)}`);
      this.#out.write(`${failureReport(error, log)}\n`);
      throw new StepFailed(name, { cause: error });
    }
  }

  took(): string {
    return seconds(this.#out.nowMs() - this.#startedMs);
  }

  #line(mark: string, color: string, name: string, text?: string): void {
    const painted = this.#out.color ? `\u001b[${color}m${mark} ${name}\u001b[0m` : `${mark} ${name}`;
    this.#out.write(text === undefined ? `${painted}\n` : `${painted}: ${text}\n`);
  }
}

function stepLog(name: string): string {
  mkdirSync(logDir, { recursive: true });
  const log = join(logDir, `step-${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}.log`);
  writeFileSync(log, "");
  return log;
}

/** Returns a report: what failed, the last lines of the log, the log's path, and what to check. */
export function failureReport(error: unknown, stepLog: string): string {
  const log = (error instanceof LabError ? error.log : undefined) ?? stepLog;
  // Only for a defect of the lab is the stack trace of any use.
  const what =
    error instanceof LabError || !(error instanceof Error) ? messageOf(error) : (error.stack ?? error.message);
  const missing = lastLines(log).filter((line) => !what.includes(line));
  const hint = error instanceof LabError ? error.hint : undefined;
  return [what, ...(missing.length === 0 ? [] : ["", "Last lines of its log:", ...missing]), "", `Log: ${log}`]
    .concat(hint === undefined ? [] : [`Look at: ${hint}`])
    .map((line) => line.replaceAll(/^/gm, "    ").trimEnd())
    .join("\n");
}

function lastLines(log: string): string[] {
  try {
    return readFileSync(log, "utf8").trimEnd().split("\n").slice(-12);
  } catch {
    return [];
  }
}

export function seconds(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const rounded = Math.round(ms / 1000);
  return `${String(Math.floor(rounded / 60))} min ${String(rounded % 60)} s`;
}

export function terminalOutput(): StepOutput {
  return {
    write: (text) => process.stdout.write(text),
    color: process.stdout.isTTY && !process.env["NO_COLOR"],
    nowMs: () => performance.now(),
  };
}
