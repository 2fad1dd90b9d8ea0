import { expect, it } from "vitest";
import { help } from "./cli.ts";
import { metallbOf } from "./metallb.ts";

const OTHERS = ["0.14.8", "0.16.2"];

it.each(["0.15.3", ...OTHERS])("MetalLB %s is there, with or without a v", async (version) => {
  for (const written of [version, `v${version}`]) expect(await metallbOf(written)).toHaveProperty("version", version);
});

it("where nothing is asked for, it is the one that the project installs by default", async () => {
  expect(await metallbOf(undefined)).toMatchObject({ version: "0.15.3", tool: "metallb" });
});

it("one that is not there is answered by those that are", async () => {
  await expect(metallbOf("0.13.12")).rejects.toThrow("no MetalLB 0.13.12; there are 0.15.3, 0.16.2, 0.14.8");
});

it("the help names them", () => {
  for (const version of OTHERS) expect(help).toContain(version);
});
