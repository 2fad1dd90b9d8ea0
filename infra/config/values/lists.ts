import type { z } from "zod";
import { formatPath, quote, type KeyPath, type Problem } from "../validation/problem.ts";
import type { Placed } from "../validation/shape.ts";

/** A list without repeated items. MetalLB refuses repeated items, but only long after the config was written. */
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

/** Reports items that have the name of an earlier one. `path`: of the list. */
export function duplicateNames(path: KeyPath, items: readonly Placed<{ readonly name: string }>[]): Problem[] {
  return items.flatMap(({ index, value: { name } }, i) => {
    const earlier = items.slice(0, i).find((item) => item.value.name === name);
    if (earlier === undefined) return [];
    const wrong = `${quote(name)} is the name of ${formatPath([...path, earlier.index])} already`;
    return [{ path: [...path, index, "name"], wrong, right: "Give each a name of its own." }];
  });
}
