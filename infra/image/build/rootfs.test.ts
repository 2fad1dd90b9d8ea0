import { expect, it } from "vitest";
import { librariesIn } from "./rootfs.ts";

it("finds the libraries in what ldd prints", () => {
  const printed = [
    "\tlinux-vdso.so.1 (0x00007f44a0572000)",
    "\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f44a047b000)",
    "\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f44a001e000)",
    "\t/lib64/ld-linux-x86-64.so.2 (0x00007f44a0574000)",
  ].join("\n");
  expect(librariesIn(printed)).toEqual([
    "/lib/x86_64-linux-gnu/libc.so.6",
    "/lib/x86_64-linux-gnu/libm.so.6",
    "/lib64/ld-linux-x86-64.so.2",
  ]);
});

it("says which one is missing", () => {
  expect(() => librariesIn("\tlibstdc++.so.6 => not found")).toThrow("libstdc++.so.6 is not installed");
});
