import { printable } from "@esddns/common/text";

/** HTML that was escaped when it was made. Only the `markup` tag makes it, so unescaped text cannot get into a page. */
export class Html {
  readonly text: string;

  constructor(token: typeof made, text: string) {
    if (token !== made) throw new TypeError("Html is made by the markup tag alone");
    this.text = text;
  }
}

const made = Symbol("markup");

export type HtmlValue = Html | string | number | undefined | false | readonly HtmlValue[];

/**
 * A template with literal HTML and text values. It is called `markup` and not `html` because formatters re-indent the
 * latter, and blanks matter to the hash of a style sheet.
 *
 * Strings and numbers are escaped for element content and for quoted attributes. Characters that reverse the direction
 * of the surrounding text are removed. Arrays are joined. `undefined` and `false` give nothing.
 */
export function markup(literals: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  let text = literals[0] ?? "";
  values.forEach((value, index) => {
    text += render(value) + (literals[index + 1] ?? "");
  });
  return new Html(made, text);
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function render(value: HtmlValue): string {
  if (value === undefined || value === false) return "";
  if (value instanceof Html) return value.text;
  if (typeof value === "string") return printable(value).replace(/[&<>"']/g, (character) => ESCAPES[character] ?? "");
  if (typeof value === "number") return String(value);
  return value.map(render).join("");
}
