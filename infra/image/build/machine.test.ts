import { expect, it } from "vitest";
import { machineComplaint } from "./machine.ts";

it("builds on Linux x64", () => {
  expect(machineComplaint({ platform: "linux", arch: "x64" })).toBeUndefined();
});

it.each([
  ["darwin", "arm64"],
  ["darwin", "x64"],
  ["win32", "x64"],
  ["linux", "arm64"],
])("says on %s %s where the image can be built, and what goes without building", (platform, arch) => {
  const complaint = machineComplaint({ platform, arch });
  expect(complaint).toContain(`${platform} ${arch}`);
  expect(complaint).toContain("Linux x64");
  expect(complaint).toContain("esddns:image.reference");
  expect(complaint).not.toContain("\n");
});
