import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { authorization, tokenFile } from "./token.ts";

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "esddns-token-"));
  path = join(folder, "token");
});
afterEach(() => rm(folder, { recursive: true }));

test("white space around the token does not count, and a replaced token is seen at once", async () => {
  const token = tokenFile(path);
  await writeFile(path, "  first-token\n");
  expect(await token()).toBe("first-token");
  await writeFile(path, "other-token");
  expect(await token()).toBe("other-token");
});

test("a missing file says where it should be and what to do, and is read again later", async () => {
  const token = tokenFile(path);
  await expect(token()).rejects.toMatchObject({ code: "ESDDNS_GANDI_TOKEN", retryable: true });
  await expect(token()).rejects.toThrow(`${path} does not exist`);
  await expect(token()).rejects.toThrow("pulumi config set --secret esddns:gandiToken");
  await writeFile(path, "a-token");
  expect(await token()).toBe("a-token");
});

test.each([
  ["nothing", "", "is empty"],
  ["white space", " \n\n", "is empty"],
  ["two lines", "secret-one\nsecret-two", "does not hold one line"],
  ["what no header can carry", "secret-one\u0000", "does not hold one line"],
  ["other than ASCII", "secret-ö", "does not hold one line"],
  ["something huge", "secret".repeat(1000), "does not hold one line"],
])("a file with %s is refused without being quoted", async (_, content, problem) => {
  await writeFile(path, content);
  const error = await tokenFile(path)().catch((reason: unknown) => reason);
  expect(error).toHaveProperty("message", expect.stringContaining(problem));
  expect(String(error)).not.toContain("secret-");
});

test("a folder in its place is named as the reason", async () => {
  await expect(tokenFile(folder)()).rejects.toThrow("cannot be read (EISDIR)");
});

test("up to 24 characters are a legacy key, more are a Personal Access Token", () => {
  expect(authorization("k".repeat(24))).toBe(`Apikey ${"k".repeat(24)}`);
  expect(authorization("p".repeat(25))).toBe(`Bearer ${"p".repeat(25)}`);
  expect(authorization("p".repeat(40))).toBe(`Bearer ${"p".repeat(40)}`);
});
