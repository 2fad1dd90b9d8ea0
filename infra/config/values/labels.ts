/** Labels and annotations of Kubernetes' objects. */
import { z } from "zod";
import { checkedString } from "./checkedString.ts";
import { isSubdomain } from "./kubernetesNames.ts";
import { quote } from "../validation/problem.ts";

const PART = /^[A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?$/;

/** `zone`, `kubernetes.io/hostname`. */
export const labelName = checkedString((value) => {
  const [name = "", ...prefix] = value.split("/").reverse();
  if (PART.test(name) && prefix.length <= 1 && prefix.every(isSubdomain)) return undefined;
  const right = "For instance zone, or kubernetes.io/hostname: a domain before one slash at most.";
  return { wrong: `${quote(value)} is not a name that labels and annotations can have`, right };
});

export const labelValue = checkedString((value) => {
  if (value === "" || PART.test(value)) return undefined;
  const right = "Letters, digits, dots, hyphens and underscores, 63 at most, a letter or digit at both ends.";
  return { wrong: `${quote(value)} is not a value that labels can have`, right };
});

const QUOTED = "Write the value as a text: put it in quotes.";

/** `{ name: value }`. A name that does not fit is a problem of its entry. */
export const labelMap = checkedNames(z.record(z.string(), labelValue.describe(QUOTED)));
export const annotationMap = checkedNames(z.record(z.string(), z.string().describe(QUOTED)));

function checkedNames<V extends z.ZodType>(record: z.ZodRecord<z.ZodString, V>): z.ZodRecord<z.ZodString, V> {
  return record.superRefine((entries, context) => {
    for (const name of Object.keys(entries)) {
      for (const issue of labelName.safeParse(name).error?.issues ?? []) {
        if (issue.code === "custom") context.addIssue({ ...issue, path: [name] });
      }
    }
  });
}
