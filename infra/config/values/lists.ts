import type { z } from "zod";
import { quote } from "../validation/problem.ts";

/** A list that has nothing twice: MetalLB refuses such a list, long after the config was written. */
export function distinct<T extends z.ZodType>(list: z.ZodArray<T>): z.ZodArray<T> {
  return list.superRefine((items, context) => {
    const seen = new Map<string, number>();
    for (const [index, item] of (items as readonly unknown[]).entries()) {
      const key = JSON.stringify(item);
      const earlier = seen.get(key);
      if (earlier === undefined) seen.set(key, index);
      else {
        const message = `${quote(item)} is there twice, the first time at [${earlier}]`;
        context.addIssue({ code: "custom", path: [index], message, params: { right: "Write it once." } });
      }
    }
  });
}
