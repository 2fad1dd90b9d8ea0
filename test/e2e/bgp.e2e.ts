import { afterAll, beforeAll, expect, test } from "vitest";
import { birdSocket } from "@esddns/lab";
import { curl, eventually, lab, labJson, labOk, stackOutputs } from "./lab.ts";

const address = "192.168.1.100";
const wrongNeighbour = ["192.168.1.100", "lladdr", "02:00:00:00:00:01", "dev", "lan0", "nud", "permanent"] as const;

/** MetalLB calls a router again after two minutes at most. */
const PATIENCE_MS = 300_000;

beforeAll(async () => {
  await labOk("bgp", "on");
});

afterAll(async () => {
  await lab(["exec", "router", "ip", "neigh", "del", address, "dev", "lan0"]);
  await labOk("bgp", "off");
});

test("both nodes have a session with the router, by a password that is in no process list and no log", async () => {
  expect(await labOk("bgp")).toContain("2 of 2 sessions");
  expect(await labOk("status")).toMatch(/^BGP: +2 of 2 sessions/m);
  const secret = ["get", "secret", "router-peer-password", "-n", "metallb-system", "-o", "jsonpath={.data.password}"];
  const password = Buffer.from(await labOk("kubectl", ...secret), "base64").toString();
  expect(password).toMatch(/^[A-Za-z0-9]{32}$/);
  expect(await labOk("exec", "router", "ps", "-eo", "args")).not.toContain(password);
  expect(await labOk("logs", "bird")).not.toContain(password);
});

test("the router's kernel has a route to the page's address by way of each node", async () => {
  expect(await stackOutputs()).toMatchObject({ loadBalancerIp: address });
  const [route] = await bgpRoutes();
  expect(route?.dst).toBe(address);
  expect(route?.nexthops?.map(({ gateway }) => gateway).sort()).toEqual(["192.168.1.11", "192.168.1.12"]);
});

test("who is beyond the router reaches the page by these routes, whatever the LAN says of the address by ARP", async () => {
  await labOk("exec", "router", "ip", "neigh", "replace", ...wrongNeighbour);
  for (let visit = 0; visit < 4; visit++) expect(await fromOffice()).toContain("ESDDNS");
});

test("layer 2 stays on beside it, for the LAN", async () => {
  expect(await curl(`http://${address}/`)).toContain("ESDDNS");
});

test("the doctor finds the sessions well, and names those that the router has ended", async () => {
  const { metallb } = await stackOutputs();
  // From 0.16 on a speaker's metrics, which tell of its sessions, need a token.
  if (/^0\.1[0-5]\./.test((metallb as { version: string }).version)) {
    await doctorSays(/^✓ BGP sessions: 2 sessions stand$/m);
    try {
      await router("disable");
      await doctorSays(
        /^✗ BGP sessions: no session with 192\.168\.1\.1:179 from metallb-speaker-\w+, metallb-speaker-\w+\n {4}→ Do both sides agree/m,
      );
    } finally {
      await router("enable");
    }
    await doctorSays(/^✓ BGP sessions: 2 sessions stand$/m);
  } else {
    await doctorSays(/^\? BGP sessions: the speakers' metrics cannot be read/m);
  }
  await eventually(async () => {
    expect(await labOk("bgp")).toContain("2 of 2 sessions");
  }, PATIENCE_MS);
}, 1_200_000);

test("the lab's next run keeps it", async () => {
  const { status, stdout, stderr } = await lab(["up"]);
  expect(status, stdout + stderr).toBe(0);
  expect(await labOk("bgp")).toContain("2 of 2 sessions");
});

test("switched off, routes and objects are gone, and layer 2 goes on alone", async () => {
  expect(await labOk("bgp", "off")).toMatch(/^BGP: +off/m);
  expect(await bgpRoutes()).toEqual([]);
  expect(await labOk("kubectl", "get", "bgppeers,bgpadvertisements", "-A", "-o", "name")).toBe("");
  await expect(fromOffice()).rejects.toThrow(/ended with 28/);
  await labOk("exec", "router", "ip", "neigh", "del", address, "dev", "lan0");
  await eventually(async () => {
    expect(await curl(`http://${address}/`)).toContain("ESDDNS");
  });
  expect((await lab(["pulumi", "preview", "--expect-no-changes", "--non-interactive"])).status).toBe(0);
});

/** Both sessions, as the router's administrator does it: each node is told, and may not come back before "enable". */
function router(verb: "disable" | "enable"): Promise<string> {
  return labOk("exec", "router", "birdc", "-s", birdSocket, verb, '"node*"');
}

function doctorSays(said: RegExp): Promise<void> {
  return eventually(async () => {
    expect((await lab(["doctor"])).stdout).toMatch(said);
  }, PATIENCE_MS);
}

interface Route {
  readonly dst: string;
  readonly nexthops?: readonly { readonly gateway: string }[];
}

function bgpRoutes(): Promise<Route[]> {
  return labJson("exec", "router", "ip", "-j", "route", "show", "proto", "bird");
}

function fromOffice(): Promise<string> {
  return labOk("exec", "office", "curl", "-sS", "--fail", "--max-time", "5", `http://${address}/`);
}
