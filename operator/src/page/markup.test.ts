import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Html, markup } from "./markup.ts";

const unescape = (text: string): string =>
  text.replace(
    /&(lt|gt|quot|#39|amp);/g,
    (_, name: string) => ({ lt: "<", gt: ">", quot: '"', "#39": "'", amp: "&" })[name] ?? "",
  );

describe("markup", () => {
  it("keeps its own text and escapes every value", () => {
    expect(markup`<p title="${'"'}">${"<b> & 'c'"}</p>`.text).toBe('<p title="&quot;">&lt;b&gt; &amp; &#39;c&#39;</p>');
  });

  it("never lets through a character that means something to HTML, and loses nothing", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const escaped = markup`${text}`.text;
        expect(escaped).not.toMatch(/[<>"']/);
        expect(unescape(escaped)).toBe(text);
      }),
    );
  });

  it("turns no text around and has no control characters, whoever wrote the value", () => {
    const hostile = "a\u202eb\u2066c\u001b[2J\u009bd\u0000\n";
    expect(markup`<p title="${hostile}">${hostile}</p>`.text).toBe('<p title="a b c [2J d \n">a b c [2J d \n</p>');
  });

  it("nests without escaping twice, joins arrays, and shows nothing for undefined and false", () => {
    const items = ["<", ">"].map((item) => markup`<li>${item}</li>`);
    expect(markup`<ul>${items}${undefined}${false}${7}</ul>`.text).toBe("<ul><li>&lt;</li><li>&gt;</li>7</ul>");
  });

  it("cannot be made from text by anybody else", () => {
    expect(() => new Html(Symbol("html") as never, "<script>")).toThrow(TypeError);
  });
});
