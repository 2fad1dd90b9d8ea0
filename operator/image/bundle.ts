import { build } from "esbuild";

/**
 * The program as one ES module: Node starts it faster, and the pod needs half the memory. V8 keeps the whole text for as
 * long as the program runs, and in two bytes a character as soon as a single one is beyond Latin-1: so those are escaped,
 * and white space goes. Names stay, for the stack traces. Paths are relative to `root`.
 */
export async function bundle(root: string, entry: string): Promise<string> {
  const result = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    write: false,
    platform: "node",
    format: "esm",
    target: "node24",
    charset: "ascii",
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: "inline",
    // CommonJS packages inside the bundle call require(), which an ES module does not have.
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module";\nconst require = __createRequire(import.meta.url);',
    },
    logLevel: "silent",
  });
  const [file] = result.outputFiles;
  if (file === undefined) throw new Error(`esbuild made no bundle of ${entry}`);
  return file.text;
}
