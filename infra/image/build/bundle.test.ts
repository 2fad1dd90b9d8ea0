import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { bundle } from "./bundle.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

it("keeps to Latin-1 throughout, and holds no part of a library that nobody asked for", async () => {
  const program = await bundle(root, "operator/src/main.ts");
  // esbuild does not escape a character in a tagged template: write it in an expression there.
  expect(program.match(/.{0,40}[^\x00-\xff].{0,40}/)?.[0]).toBeUndefined();
  // zod's messages in dozens of languages are bundled as soon as one file imports `{ z }` instead of `* as z`.
  expect(program).not.toContain("Eingabe");
  expect(program.length).toBeLessThan(1_700_000);
}, 60_000);
