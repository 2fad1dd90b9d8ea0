/** Gandi's token, or the Secret that holds it, and the day on which it expires. */
import { z } from "zod";
import { names } from "../../names.ts";
import { stackKey } from "../keyFacts.ts";
import { quote, type Problem } from "../validation/problem.ts";
import { date, foreignName, secretKey } from "../values/fields.ts";

const NOT_A_TOKEN = "is not one word of letters and digits, as a token is";
const STORE = "Store it with: pulumi config set --secret gandiToken";

/** Says what is wrong with a token, without quoting it: the operator could not send it, or Gandi would not know it. */
export function tokenProblem(token: string): string | undefined {
  if (!/^[\x21-\x7e]+$/.test(token)) return NOT_A_TOKEN;
  if (/["'`]/.test(token)) return "has quotes in it, which are no part of a token";
  if (token.startsWith("$")) return "is the name of a variable, and not what is in it";
  return undefined;
}

/** No problem quotes the value: it may be the token. */
const token = z.custom<string>().superRefine((value: unknown, context) => {
  const wrong = typeof value === "string" ? tokenProblem(value.trim()) : NOT_A_TOKEN;
  if (wrong !== undefined) context.addIssue({ code: "custom", message: wrong, params: { right: STORE } });
});

export const gandiTokenKey = stackKey(token.optional().describe("Gandi's personal access token."), {
  encrypted: "secret",
  guide: "gandi-token.md",
});

export const gandiTokenSecretKey = stackKey(
  z
    .object({
      name: foreignName.describe("Name of a Secret that exists in the stack's namespace."),
      key: secretKey.default("token").describe("The key in it that holds the token."),
    })
    .optional(),
  { encrypted: "secret", guide: "gandi-token.md#a-secret-of-your-own" },
);

export const gandiTokenExpiresKey = stackKey(
  date.optional().describe("The day on which Gandi's token ends, for instance 2027-05-01."),
  { encrypted: "secret", guide: "gandi-token.md#expiry" },
);

type ExistingSecret = z.output<typeof gandiTokenSecretKey>;

/** Where Gandi's token comes from. The token itself is no part of the config: Pulumi keeps it as a secret. */
export type TokenSource =
  | { readonly kind: "config" }
  | { readonly kind: "secret"; readonly name: string; readonly key: string }
  | { readonly kind: "none" };

export function tokenSource(inConfig: boolean, existing: ExistingSecret): TokenSource {
  if (inConfig) return { kind: "config" };
  return existing ? { kind: "secret", ...existing } : { kind: "none" };
}

/** `inConfig`: whether the config holds a token, be it wrong; `encrypted`: whether it is stored as a secret. */
export function tokenProblems(inConfig: boolean, encrypted: boolean, existing: ExistingSecret): Problem[] {
  const problems: Problem[] = [];
  if (existing?.name === names.tokenSecret.name) {
    const wrong = `${quote(existing.name)} is what a stack calls the Secret that it makes itself of gandiToken`;
    const right = "Give yours another name: this one would go as soon as the stack no longer makes it.";
    problems.push({ path: ["gandiTokenSecret", "name"], wrong, right });
  }
  if (!inConfig) return problems;
  const path = ["gandiToken"];
  if (existing !== undefined)
    problems.push({ path, wrong: "is set beside gandiTokenSecret", right: "Keep one of the two." });
  if (!encrypted) {
    const right = `Remove it, have Gandi revoke it, and store a new one with: pulumi config set --secret gandiToken`;
    problems.push({ path, wrong: "is stored as plain text", right });
  }
  return problems;
}
