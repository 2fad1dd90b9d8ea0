import type * as fs from "node:fs/promises";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { localFolder, mendBackendFiles } from "./backendFiles.ts";

vi.mock("node:fs/promises", async (original) => {
  const real = await original<typeof fs>();
  const readFile = (file: string, ...rest: []) =>
    file.includes("unreadable")
      ? Promise.reject(Object.assign(new Error("permission denied"), { code: "EACCES" }))
      : real.readFile(file, ...rest);
  return { ...real, readFile };
});

const state = '{"version":3,"checkpoint":{"stack":"organization/esddns/production"}}';
const attributes = '{"user.content_type":"text/plain"}\n';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "esddns-backend-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const stacks = () => join(folder, ".pulumi/stacks/esddns");
const locks = () => join(folder, ".pulumi/locks/organization/esddns/production");
const mend = () => mendBackendFiles({ url: `file://${folder}`, cwd: "/", project: "esddns", stack: "production" });

async function lay(dir: string, files: Readonly<Record<string, string | Buffer>>): Promise<void> {
  await mkdir(dir, { recursive: true });
  for (const [name, content] of Object.entries(files)) await writeFile(join(dir, name), content);
}

/** Returns the content of every file, by name. */
async function contents(dir: string): Promise<Record<string, string>> {
  const names = await readdir(dir);
  const entries = names.map(async (name): Promise<[string, string]> => [name, await readFile(join(dir, name), "utf8")]);
  return Object.fromEntries(await Promise.all(entries));
}

it.each([
  ["empty", ""],
  ["cut off", attributes.slice(0, 9)],
])("moves attributes that are %s aside where the state is whole, and says so", async (_, damaged) => {
  await lay(stacks(), { "production.json": state, "production.json.attrs": damaged, "production.json.bak": state });
  expect(await mend()).toEqual([
    { level: "warning", text: expect.stringContaining("production.json.attrs") as string },
  ]);
  expect(await contents(stacks())).toEqual({
    "production.json": state,
    "production.json.bak": state,
    "production.json.attrs.damaged": damaged,
  });
  expect(await mend()).toEqual([]);
});

it("mends every stack of the project, because Pulumi reads all of them to list one", async () => {
  for (const stack of ["production", "development"])
    await lay(stacks(), { [`${stack}.json`]: state, [`${stack}.json.attrs`]: "" });
  expect(await mend()).toHaveLength(2);
});

it("reads states that the backend compresses", async () => {
  await lay(stacks(), { "production.json.gz": gzipSync(state), "production.json.gz.attrs": "" });
  expect(await mend()).toEqual([expect.objectContaining({ level: "warning" })]);
  await lay(stacks(), {
    "production.json.gz": gzipSync(state).subarray(0, 20),
    "production.json.gz.bak": gzipSync(state),
  });
  expect(await mend()).toEqual([
    expect.objectContaining({ text: expect.stringContaining("whole. Restore it") as string }),
  ]);
});

it.each([
  ["empty", ""],
  ["cut off", state.slice(0, 30)],
])(
  "leaves everything as it is where the state is %s, and gives the command if its copy is whole",
  async (_, damaged) => {
    const files = { "production.json": damaged, "production.json.attrs": "", "production.json.bak": state };
    await lay(stacks(), files);
    const file = join(stacks(), "production.json");
    const restore = `mv '${file}' '${file}.damaged' && cp '${file}.bak' '${file}' && pulumi refresh --stack production`;
    expect(await mend()).toEqual([{ level: "problem", text: expect.stringContaining(restore) as string }]);
    expect(await contents(stacks())).toEqual(files);
  },
);

it.each([{ "production.json.bak": "" }, {}])(
  "points to the way out where the copy is not whole either: %o",
  async (copy) => {
    await lay(stacks(), { "production.json": "", ...copy });
    const [finding] = await mend();
    expect(finding).toMatchObject({ level: "problem", text: expect.stringContaining("docs/state-lost.md") as string });
    expect(finding?.text).not.toContain("mv ");
  },
);

it("has nothing to say about a backend in order, what is left of a first write, and backends elsewhere", async () => {
  const files = {
    "production.json": state,
    "production.json.attrs": attributes,
    "production.json.18c2.tmp": "",
    "new.json.attrs": "",
  };
  await lay(stacks(), files);
  await lay(locks(), { "a.json": "{}", "a.json.attrs": attributes, "b.json.attrs": "" });
  expect(await mend()).toEqual([]);
  expect(await contents(stacks())).toEqual(files);
  for (const url of ["https://api.pulumi.com", "s3://bucket", `file://${folder}/nothing`])
    expect(await mendBackendFiles({ url, cwd: "/", project: "esddns", stack: "production" })).toEqual([]);
});

it("takes nothing that cannot be read for damaged", async () => {
  const files = { "unreadable.json": state, "unreadable.json.attrs": attributes, "unreadable.json.bak": state };
  await lay(stacks(), { ...files, "production.json": state, "production.json.attrs": attributes });
  await lay(locks(), { "unreadable.json": "{}" });
  expect(await mend()).toEqual([]);
  expect(await readdir(stacks())).toEqual(expect.arrayContaining(Object.keys(files)));
});

it("names the command against a broken lock, and leaves the lock", async () => {
  await lay(locks(), { "a.json.18c2.tmp": "" });
  expect(await mend()).toEqual([
    { level: "problem", text: expect.stringContaining("pulumi cancel --stack production") as string },
  ]);
  expect(await readdir(locks())).toEqual(["a.json.18c2.tmp"]);
});

it("finds the folder as the Pulumi CLI does", () => {
  expect(localFolder("file:///srv/state?metadata=skip", "/here")).toBe("/srv/state");
  expect(localFolder("file://./state", "/here")).toBe("/here/state");
  expect(localFolder("file://state", "/here")).toBe("/here/state");
  expect(localFolder("file://~", "/here")).toBe(homedir());
  expect(localFolder("file://~/state", "/here")).toBe(join(homedir(), "state"));
  expect(localFolder("https://api.pulumi.com", "/here")).toBeUndefined();
});
