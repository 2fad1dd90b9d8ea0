import { build } from "esbuild";

/**
 * Bundles the program into one CommonJS file: Node starts it faster, and the pod needs half the memory. An ES module
 * would cost more: importing from node:http makes Node load all that this module could export, a whole fetch included
 * (docs/adr/0005).
 *
 * V8 keeps the text while the program runs, with two bytes a character as soon as one character is beyond ASCII. So
 * such characters are escaped, and white space is removed. Names stay, for the stack traces. Paths are relative to
 * `root`.
 */
export async function bundle(root: string, entry: string): Promise<string> {
  const result = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    write: false,
    platform: "node",
    format: "cjs",
    target: "node24",
    charset: "ascii",
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: "inline",
    logLevel: "silent",
  });
  const [file] = result.outputFiles;
  if (file === undefined) throw new Error(`esbuild made no bundle of ${entry}`);
  // esbuild leaves characters in licences and tagged templates: an escape means the same in both.
  return file.text.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
