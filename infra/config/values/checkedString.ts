import { z } from "zod";
import type { Complaint } from "../validation/problem.ts";

/** A string that is right when `check` has no complaint; the issue carries what would be right in `params.right`. */
export function checkedString(check: (value: string) => Complaint | undefined, base = z.string()) {
  return base.superRefine((value, context) => {
    const complaint = check(value);
    if (complaint === undefined) return;
    context.addIssue({ code: "custom", message: complaint.wrong, params: { right: complaint.right } });
  });
}
