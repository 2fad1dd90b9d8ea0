/** What the documents name is there, and what they show is accepted. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { isKnown } from "../../infra/config/reference.ts";
import { projectDir } from "../../infra/projectDir.ts";
import { generatedDocuments } from "./generated.ts";
import { anchors, documents, linkTargets, readDocument } from "./markdown.ts";
import { snippetProblems } from "./snippets.ts";

const read = (path: string): string => readFileSync(join(projectDir, path), "utf8");
const scripts = z.object({ scripts: z.record(z.string(), z.string()) }).parse(JSON.parse(read("package.json"))).scripts;
const generated = await generatedDocuments();
/** Folders of the project of which a document may name a file. */
const FILE = /`((?:bench|common|docs|examples|infra|lab|operator|policy|pulumi-stand-ins|test)\/[\w./-]+)`/g;

describe.each(documents().map((document) => [document.path, document] as const))("%s", (path, document) => {
  it("has no link or picture that leads nowhere", () => {
    const dead = linkTargets(document).filter((target) => {
      if (/^[a-z]+:/.test(target)) return false;
      const [file = "", anchor] = target.split("#");
      const at = file === "" ? path : normalize(join(dirname(path), decodeURIComponent(file)));
      if (!existsSync(join(projectDir, at))) return true;
      return anchor !== undefined && !(at.endsWith(".md") && anchors(readDocument(at)).has(anchor));
    });
    expect(dead).toEqual([]);
  });

  it("shows stack config that the program accepts", () => {
    expect(snippetProblems(document)).toEqual([]);
  });

  it("shows commands that a shell can read", () => {
    const problems = document.fences
      .filter(({ language }) => ["sh", "bash"].includes(language))
      .map(({ text }) => spawnSync("sh", ["-n"], { input: text, encoding: "utf8" }).stderr);
    expect(problems.filter((problem) => problem !== "")).toEqual([]);
  });

  it("names commands that npm knows", () => {
    const named = [...document.text.matchAll(/\bnpm run (?:--silent )?([a-z][\w:-]*)/g)].map(([, name = ""]) => name);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  it("names keys of the stack config that there are", () => {
    const named = [...document.text.matchAll(/\besddns:([a-z]\w*(?:\[\d*\]|\.\w+)*)(?=[`'":.,;)\s]|$)/g)];
    expect(named.map(([, path = ""]) => path).filter((path) => !isKnown(path))).toEqual([]);
  });

  it("names files that there are", () => {
    const named = [...document.prose.matchAll(FILE)].map(([, file = ""]) => file);
    expect(named.filter((file) => !/[*{]/.test(file) && !existsSync(join(projectDir, file)))).toEqual([]);
  });
});

it.each([...generated])("%s is what npm run docs writes", (path, text) => {
  expect(read(path)).toBe(text);
});

describe("the checks of the documents", () => {
  const fence = (text: string) => ({ fences: [{ language: "yaml", text }] });

  it("refuse config that is wrong, and take what earlier snippets have said into account", () => {
    expect(snippetProblems(fence("esddns:detection: { quorums: 3 }"))[0]).toContain("quorums");
    expect(snippetProblems(fence("config:\n  esddns:pools: ["))).toHaveLength(1);
    expect(snippetProblems(fence("esddns:l2: [{ name: lan, pools: [games] }]"))[0]).toContain("games");
    const pools = { language: "yaml", text: "esddns:pools: [{ name: games, addresses: [192.168.1.9] }]" };
    expect(snippetProblems({ fences: [pools, ...fence("esddns:l2: [{ name: lan, pools: [games] }]").fences] })).toEqual(
      [],
    );
  });

  it("find links and anchors where GitHub does", () => {
    const prose = "# A `b.c` of D\n\n## Same\n\n## Same\n\n[x](a.md#b) ![p](p.png) `[no](no.md)`";
    expect(linkTargets({ prose })).toEqual(["a.md#b", "p.png"]);
    expect([...anchors({ prose })]).toEqual(["a-bc-of-d", "same", "same-1"]);
  });
});
