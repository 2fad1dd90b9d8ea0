import { expect, it } from "vitest";
import { sharedLibraries } from "./images.ts";

it("takes the files that ldd names, the loader too, and not what the kernel provides", () => {
  const ldd = [
    "\tlinux-vdso.so.1 (0x00007ffc5a5f2000)",
    "\tlibcurl.so.4 => /lib/x86_64-linux-gnu/libcurl.so.4 (0x00007f2a3c000000)",
    "\t/lib64/ld-linux-x86-64.so.2 (0x00007f2a3c2b7000)",
  ].join("\n");
  expect(sharedLibraries(ldd)).toEqual(["/lib/x86_64-linux-gnu/libcurl.so.4", "/lib64/ld-linux-x86-64.so.2"]);
});
