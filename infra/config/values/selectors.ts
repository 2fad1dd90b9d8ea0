/** Kubernetes' label selectors, as they are written in the stack config. */
import { z } from "zod";
import { labelMap, labelName, labelValue } from "./labels.ts";
import { distinct } from "./lists.ts";

const expression = z
  .object({
    key: labelName.describe("The label's name."),
    operator: z.enum(["In", "NotIn", "Exists", "DoesNotExist"]).describe("What must hold of the label."),
    values: distinct(z.array(labelValue)).optional().describe("The label's values, with In and NotIn."),
  })
  .superRefine(({ operator, values = [] }, context) => {
    const wanted = operator === "In" || operator === "NotIn";
    if (wanted === values.length > 0) return;
    const message = wanted ? `is empty, beside the operator ${operator}` : `has no meaning beside ${operator}`;
    const right = wanted ? "List the values, for instance [a, b]." : "Leave values out.";
    context.addIssue({ code: "custom", path: ["values"], message, params: { right } });
  });

export const labelSelector = z.object({
  matchLabels: labelMap.optional().describe("Labels that must be there: { name: value }."),
  matchExpressions: distinct(z.array(expression))
    .optional()
    .describe("Write a list: [{ key: zone, operator: In, values: [a, b] }]."),
});

export type LabelSelector = z.output<typeof labelSelector>;
export type Labels = Readonly<Record<string, string>>;

/** Whether one of the selectors matches these labels. As in Kubernetes, an empty selector matches everything. */
export function selected(selectors: readonly LabelSelector[], labels: Labels): boolean {
  return selectors.some(
    ({ matchLabels = {}, matchExpressions = [] }) =>
      Object.entries(matchLabels).every(([name, value]) => labels[name] === value) &&
      matchExpressions.every((each) => satisfied(each, labels)),
  );
}

function satisfied({ key, operator, values = [] }: z.output<typeof expression>, labels: Labels): boolean {
  const value = labels[key];
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
  }
}
