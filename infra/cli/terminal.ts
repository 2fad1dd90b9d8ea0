/** Prints for the commands, and asks the user. */
import { createInterface } from "node:readline/promises";
import { printable } from "@esddns/common/text";

/** Ends a command with an exit status. Only the message is printed. */
export class Stop extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Sets the exit status to the result of `main`, or prints why it ended. */
export async function runCommand(name: string, main: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (error) {
    const text = printable(error instanceof Error ? error.message : String(error));
    process.stderr.write(error instanceof Stop ? `${text}\n` : `${name}: ${text}\n`);
    process.exitCode = error instanceof Stop ? error.status : 1;
  }
}

export function say(line: string): void {
  process.stdout.write(`${printable(line)}\n`);
}

export function heading(text: string): void {
  say(`\n── ${text}`);
}

/** Prints each problem on its own line, and then what to do. */
export function list(problems: readonly string[], hint?: string): string {
  return [...problems.map((problem) => `✗ ${problem}`), ...(hint === undefined ? [] : [hint])].join("\n");
}

/** Asks for confirmation. Only `y` and `yes` mean yes. Call it only with a terminal. */
export async function confirm(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${printable(question)} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}
