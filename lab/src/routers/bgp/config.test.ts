import { expect, it } from "vitest";
import { nodes } from "../../network/hosts.ts";
import { bgpStackConfig, renderBird, sessionStates } from "./config.ts";

const pool = { name: "esddns-pool", addresses: ["192.168.1.100-192.168.1.110", "fd00::100-fd00::110"] };

it("asks of the stack what MetalLB's own BGP can do: IPv4 addresses, announced to the router", () => {
  expect(bgpStackConfig(pool)).toMatchObject({
    "esddns:pools": [{ name: "esddns-pool", addresses: ["192.168.1.100-192.168.1.110"] }],
    "esddns:bgp": {
      peers: [{ myASN: 64500, peerASN: 64501, peerAddress: "192.168.1.1", generatePassword: true }],
      advertisements: [{ pools: ["esddns-pool"] }],
    },
  });
});

it("the router waits for every node, by the numbers that the stack is told, and hands their routes to the kernel", () => {
  const config = renderBird("s3cret", nodes);
  expect(config).toMatch(/protocol bgp node1 from node \{\s+neighbor 192\.168\.1\.11 as 64500;/);
  expect(config).toMatch(/protocol bgp node2 from node \{\s+neighbor 192\.168\.1\.12 as 64500;/);
  expect(config).toMatch(/local 192\.168\.1\.1 as 64501;\s+passive;\s+password "s3cret";/);
  expect(config).toMatch(/protocol kernel \{[^}]*export all;/);
  expect(renderBird("s3cret", nodes.slice(0, 1))).not.toContain("node2");
});

it("reads the state of each session, however little there is to tell of it", () => {
  const birdc = `BIRD 2.0.12 ready.
Name       Proto      Table      State  Since         Info
device1    Device     ---        up     10:30:01.234
kernel1    Kernel     master4    up     10:30:01.234
node1      BGP        ---        up     10:30:03.456  Established
node2      BGP        ---        start  10:30:01.234  Passive       Socket: Connection closed
node3      BGP        ---        down   10:30:01.234
`;
  expect([...sessionStates(birdc)]).toEqual([
    ["node1", "Established"],
    ["node2", "Passive"],
    ["node3", "down"],
  ]);
});
