/** What a check found. `unknown`: it could not be looked at; the text says why. */
export interface Finding {
  readonly state: "ok" | "wrong" | "warn" | "unknown";
  readonly saw: string;
  /** Empty where nothing is to be done. */
  readonly todo: string;
}

export interface Line extends Finding {
  readonly check: string;
}

export const ok = (saw: string): Finding => ({ state: "ok", saw, todo: "" });
export const wrong = (saw: string, todo: string): Finding => ({ state: "wrong", saw, todo });
export const warn = (saw: string, todo: string): Finding => ({ state: "warn", saw, todo });
export const unknown = (saw: string, todo = ""): Finding => ({ state: "unknown", saw, todo });

const MARKS = { ok: "✓", wrong: "✗", warn: "!", unknown: "?" } as const;

/** For people, one block a check; the last line counts. */
export function print(lines: readonly Line[]): string {
  const blocks = lines.map(({ check, state, saw, todo }) =>
    [`${MARKS[state]} ${check}: ${saw}`, ...(todo === "" ? [] : todo.split("\n").map((line) => `    → ${line}`))].join(
      "\n",
    ),
  );
  const count = (state: Finding["state"]): number => lines.filter((line) => line.state === state).length;
  const summary = `${count("ok")} in order, ${count("wrong")} wrong, ${count("warn")} to look at, ${count("unknown")} unknown`;
  return `${[...blocks, summary].join("\n")}\n`;
}
