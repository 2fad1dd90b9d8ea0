/** Random text out of chosen sets of characters, from the system's cryptographic generator. */
import { randomInt } from "node:crypto";

export interface StringRules {
  readonly length: number;
  readonly lower: boolean;
  readonly upper: boolean;
  readonly numeric: boolean;
  readonly special: boolean;
  readonly minLower: number;
  readonly minUpper: number;
  readonly minNumeric: number;
  readonly minSpecial: number;
  /** Replaces the built-in special characters. */
  readonly overrideSpecial: string | undefined;
}

const lowerCase = "abcdefghijklmnopqrstuvwxyz";
const upperCase = lowerCase.toUpperCase();
const digits = "0123456789";
const specials = "!@#$%&*()-_=+[]{}<>:?";

export function randomString(rules: StringRules): string {
  const special = rules.overrideSpecial ?? specials;
  const all = [
    rules.lower ? lowerCase : "",
    rules.upper ? upperCase : "",
    rules.numeric ? digits : "",
    rules.special ? special : "",
  ].join("");
  if (all === "") throw new Error("at least one of lower, upper, numeric and special must be true");
  const required = [
    ...pick(lowerCase, rules.minLower),
    ...pick(upperCase, rules.minUpper),
    ...pick(digits, rules.minNumeric),
    ...pick(special, rules.minSpecial),
  ];
  if (required.length > rules.length) throw new Error("length is smaller than the sum of the min values");
  return shuffle([...required, ...pick(all, rules.length - required.length)]).join("");
}

function pick(from: string, count: number): string[] {
  return Array.from({ length: count }, () => from.charAt(randomInt(from.length)));
}

/** Fisher and Yates. */
function shuffle(characters: readonly string[]): string[] {
  const result = [...characters];
  for (let i = result.length - 1; i > 0; i--) {
    const j = randomInt(i + 1);
    [result[i], result[j]] = [result[j] ?? "", result[i] ?? ""];
  }
  return result;
}
