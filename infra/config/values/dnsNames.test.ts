import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { z } from "zod";
import { hostName, pageHost, recordName, zoneName } from "./dnsNames.ts";

/** What is proposed in the place of `value`; undefined: it is accepted, or nothing is proposed. */
function proposal(schema: z.ZodType, value: string): string | undefined {
  const issue = schema.safeParse(value).error?.issues[0];
  const right: unknown = issue?.code === "custom" ? issue.params?.["right"] : undefined;
  const quoted = typeof right === "string" ? /^Write (".*")\.$/s.exec(right)?.[1] : undefined;
  return quoted === undefined ? undefined : (JSON.parse(quoted) as string);
}

/** A domain as people write it down: in capitals, with a dot at the end, with letters of their own. */
const written = fc
  .tuple(fc.domain(), fc.constantFrom("", "bücher.", "Ünï-"), fc.constantFrom("", ".", " "), fc.boolean())
  .map(([domain, before, after, capitals]) => `${before}${capitals ? domain.toUpperCase() : domain}${after}`);

describe.each([
  ["zone", zoneName],
  ["record", recordName],
  ["host", hostName],
  ["page", pageHost],
])("the name of a %s", (_what, schema) => {
  it("is proposed only where it would be accepted", () => {
    fc.assert(
      fc.property(fc.oneof(written, fc.string({ unit: "grapheme" })), (value) => {
        const proposed = proposal(schema, value);
        if (proposed !== undefined) expect(schema.safeParse(proposed).success).toBe(true);
      }),
    );
  });
});

it("is proposed for every domain that only looks different", () => {
  fc.assert(
    fc.property(fc.domain(), (domain) => {
      const right = domain.toLowerCase();
      fc.pre(zoneName.safeParse(right).success);
      expect(proposal(zoneName, `${right.toUpperCase()}.`)).toBe(right);
    }),
  );
  expect(proposal(zoneName, "straße.example")).toBe("xn--strae-oqa.example");
});
