import { expect, it } from "vitest";
import { parseMountinfo } from "./mounts.ts";

it("finds target and type, with and without optional fields", () => {
  const text = [
    "42 27 254:0 /run/netns /run/netns rw,relatime shared:1 - ext4 /dev/vda rw",
    "43 42 0:4 net:[4026532177] /run/netns/esddns-lan rw - nsfs nsfs rw",
    "44 27 0:5 / /mnt/with\\040blank rw shared:2 master:3 - tmpfs tmpfs rw",
  ].join("\n");
  expect(parseMountinfo(`${text}\n`)).toEqual([
    { target: "/run/netns", type: "ext4" },
    { target: "/run/netns/esddns-lan", type: "nsfs" },
    { target: "/mnt/with blank", type: "tmpfs" },
  ]);
});
