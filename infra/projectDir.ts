import { fileURLToPath } from "node:url";

/** The folder of Pulumi.yaml. The program itself runs in the folder of this file. */
export const projectDir = fileURLToPath(new URL("..", import.meta.url));
