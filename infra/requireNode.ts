/**
 * Checks the version of Node.js. This is the first import of the program, because the later ones do not load on an
 * older Node.js.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { projectDir } from "./projectDir.ts";

/** Returns why a version of Node.js, `v22.19.0`, is too old for `engines`, `>=22.19`. Undefined if it is not. */
export function nodeComplaint(version: string, engines: string, machine: string): string | undefined {
  const needed = engines.replace(">=", "");
  const [major = 0, minor = 0] = numbers(version);
  const [neededMajor = 0, neededMinor = 0] = numbers(needed);
  if (major > neededMajor || (major === neededMajor && minor >= neededMinor)) return undefined;
  return `Node.js ${needed} or newer is needed on ${machine}, and this machine has ${version}. Install it: https://nodejs.org`;
}

function numbers(version: string): number[] {
  return version.replace(/^v/, "").split(".").map(Number);
}

const { engines } = JSON.parse(readFileSync(join(projectDir, "package.json"), "utf8")) as { engines: { node: string } };
const complaint = nodeComplaint(process.version, engines.node, `${process.platform} ${process.arch}`);
if (complaint !== undefined) throw new pulumi.RunError(complaint);
