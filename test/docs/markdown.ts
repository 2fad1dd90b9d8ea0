/** The project's documents, as far as the tests look into them. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { projectDir } from "../../infra/projectDir.ts";

export interface Document {
  /** Relative to the project's folder. */
  readonly path: string;
  /** As it stands in the file. */
  readonly text: string;
  /** Without fenced blocks. */
  readonly prose: string;
  readonly fences: readonly Fence[];
}

interface Fence {
  readonly language: string;
  readonly text: string;
}

const FENCE = /^( *)```(\w*)[^\n]*\n([\s\S]*?)^\1```$/gm;

export function readDocument(path: string): Document {
  const text = readFileSync(join(projectDir, path), "utf8");
  const fences = [...text.matchAll(FENCE)].map(([, , language = "", body = ""]) => ({ language, text: body }));
  return { path, text, prose: text.replace(FENCE, ""), fences };
}

/** Every document that is written for people: those at the top, the ones of the folders, and all of docs. */
export function documents(): Document[] {
  const inDocs = readdirSync(join(projectDir, "docs"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".md"))
    .map((entry) => relative(projectDir, join(entry.parentPath, entry.name)));
  const others = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "lab/README.md", "bench/README.md"];
  return [...others, ...inDocs.sort()].map(readDocument);
}

/** Targets of links and pictures. */
export function linkTargets({ prose }: Pick<Document, "prose">): string[] {
  const text = prose.replaceAll(/`[^`]*`/g, "");
  return [
    ...[...text.matchAll(/\]\(([^()\s]+)(?: "[^"]*")?\)/g)].map(([, target = ""]) => target),
    ...[...text.matchAll(/<(?:img|source)\b[^>]*?\bsrc(?:set)?="([^"]+)"/g)].map(([, target = ""]) => target),
  ];
}

/** The anchors of the headings, as GitHub makes them. */
export function anchors({ prose }: Pick<Document, "prose">): Set<string> {
  const seen = new Map<string, number>();
  return new Set(
    [...prose.matchAll(/^#{1,6} +(.+?) *#*$/gm)].map(([, heading = ""]) => {
      const slug = heading
        .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}_ -]/gu, "")
        .replaceAll(" ", "-");
      const count = seen.get(slug) ?? 0;
      seen.set(slug, count + 1);
      return count === 0 ? slug : `${slug}-${count}`;
    }),
  );
}
