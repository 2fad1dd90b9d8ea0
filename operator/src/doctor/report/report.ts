import { printable } from "@esddns/common/text";
import { printChecklist } from "./checklist.ts";
import type { CheckName } from "../checks/checks.ts";
import type { Read } from "../read/facts.ts";

/** What a check found. `unknown`: it could not be looked at; the text says why. */
export interface Finding {
  readonly state: "ok" | "wrong" | "warn" | "unknown";
  readonly saw: string;
  /** Empty where nothing is to be done. */
  readonly todo: string;
}

export interface Line extends Finding {
  readonly check: CheckName;
}

export const ok = (saw: string): Finding => ({ state: "ok", saw, todo: "" });
export const wrong = (saw: string, todo: string): Finding => ({ state: "wrong", saw, todo });
export const warn = (saw: string, todo: string): Finding => ({ state: "warn", saw, todo });
export const unknown = (saw: string, todo = ""): Finding => ({ state: "unknown", saw, todo });
/** What could not be read is neither right nor wrong. */
export const unread = ({ why }: Exclude<Read<unknown>, { read: true }>): Finding => unknown(why);

/** The whole, for people: what was seen, and the checklist. */
export function printReport(namespace: string, lines: readonly Line[]): string {
  return printable(`ESDDNS in ${namespace}\n${print(lines)}\n${printChecklist(lines)}`);
}

const MARKS = { ok: "✓", wrong: "✗", warn: "!", unknown: "?" } as const;

/** One block a check; the last line counts. */
function print(lines: readonly Line[]): string {
  const blocks = lines.map(({ check, state, saw, todo }) =>
    [`${MARKS[state]} ${check}: ${saw}`, ...(todo === "" ? [] : todo.split("\n").map((line) => `    → ${line}`))].join(
      "\n",
    ),
  );
  const count = (state: Finding["state"]): number => lines.filter((line) => line.state === state).length;
  const summary = `${count("ok")} in order, ${count("wrong")} wrong, ${count("warn")} to look at, ${count("unknown")} unknown`;
  return `${[...blocks, summary].join("\n")}\n`;
}
