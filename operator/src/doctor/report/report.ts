import { printable } from "@esddns/common/text";
import { printChecklist } from "./checklist.ts";
import type { Line } from "../checks/checks.ts";
import type { DoctorFinding } from "../finding.ts";

/** Prints the findings and the checklist for people. */
export function printReport(namespace: string, lines: readonly Line[]): string {
  return printable(`ESDDNS in ${namespace}\n${print(lines)}\n${printChecklist(lines)}`);
}

const MARKS = { ok: "✓", wrong: "✗", warn: "!", unknown: "?" } as const;

/** Prints one block per check. The last line is the count. */
function print(lines: readonly Line[]): string {
  const blocks = lines.map(({ check, state, saw, todo }) =>
    [`${MARKS[state]} ${check}: ${saw}`, ...(todo === "" ? [] : todo.split("\n").map((line) => `    → ${line}`))].join(
      "\n",
    ),
  );
  const count = (state: DoctorFinding["state"]): number => lines.filter((line) => line.state === state).length;
  const summary = `${count("ok")} in order, ${count("wrong")} wrong, ${count("warn")} to look at, ${count("unknown")} unknown`;
  return `${[...blocks, summary].join("\n")}\n`;
}
