import { z } from "zod";
import type { ValueProblem } from "../validation/problem.ts";

/** A string that is right if `check` finds no problem. The issue carries what would be right in `params.right`. */
export function checkedString(check: (value: string) => ValueProblem | undefined, base = z.string()) {
  return base.superRefine((value, context) => {
    const problem = check(value);
    if (problem === undefined) return;
    context.addIssue({ code: "custom", message: problem.wrong, params: { right: problem.right } });
  });
}
