import { expect, test } from "vitest";
import { lab, labJson, labOk } from "./lab.ts";

test("status says that everything runs", async () => {
  const { status, stdout, stderr } = await lab(["status"]);
  expect(status, stdout + stderr).toBe(0);
});

test("a passed-on command's output stands alone on stdout", async () => {
  const nodes = await labJson<{ items: { metadata: { name: string } }[] }>("kubectl", "get", "nodes", "-o", "json");
  expect(nodes.items.map((node) => node.metadata.name).sort()).toEqual(["node1", "node2"]);
});

test("a passed-on command's exit status and standard input go through", async () => {
  expect((await lab(["exec", "client", "sh", "-c", "exit 7"])).status).toBe(7);
  expect((await lab(["exec", "node2", "cat"], { stdin: "through" })).stdout).toBe("through");
  expect((await lab(["kubectl", "get", "pod", "no-such-pod"])).status).toBe(1);
});

test.each([
  [["exec", "nowhere", "true"], /nowhere.*node1/s],
  [["wan", "198.51.100.999"], /198\.51\.100\.999/],
  [["no-such-verb"], /no-such-verb.*--help/s],
  [["--kubernetes", "1.29.0"], /1\.29\.0.*1\.30\.14/s],
  [["--kubernetes", "1.30.14"], /is not turned into a 1\.30\.14.*lab -- down/s],
])("%j is refused, with what would be right", async (args, message) => {
  const { status, stdout, stderr } = await lab(args);
  expect(status).toBe(2);
  expect(stdout).toBe("");
  expect(stderr).toMatch(message);
});

test("names of the internet resolve on the LAN, and lead to servers that answer over both families", async () => {
  for (const flag of ["-4", "-6"]) {
    const url = flag === "-4" ? "https://api.ipify.org" : "https://api6.ipify.org";
    const address = await labOk("exec", "client", "curl", "-sS", flag, "--max-time", "10", "--insecure", url);
    expect(address).toMatch(flag === "-4" ? /^198\.51\.100\.\d+$/ : /^2001:db8:/);
  }
});
