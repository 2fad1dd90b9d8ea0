/** `npm run docs`: writes the pages under docs that are made from the code. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { projectDir } from "../../infra/projectDir.ts";
import { generatedDocuments } from "./generated.ts";

for (const [path, text] of await generatedDocuments()) await writeFile(join(projectDir, path), text);
