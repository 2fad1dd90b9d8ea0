import { expect, test } from "vitest";
import { wan } from "../../topology.ts";
import { renderMiniupnpd, renderTable, toldAddress } from "./config.ts";

test("the chains that miniupnpd is told are those of the table", () => {
  const told = [...renderMiniupnpd().matchAll(/^upnp_\w+_chain=(\w+)$/gm)].map(([, chain]) => chain);
  expect(told).toHaveLength(3);
  for (const chain of told) expect(renderTable()).toMatch(new RegExp(`chain ${chain} \\{\\}[^]*jump ${chain};`));
});

test("the router learns its address from its provider, and not from the internet", () => {
  expect(renderMiniupnpd()).toContain(`\next_stun_host=${wan.isp.ipv4}\n`);
});

test("what natpmpc prints is read, and a refusal is no address", () => {
  expect(toldAddress("using gateway : 192.168.1.1\nPublic IP address : 198.51.100.20\nepoch = 5\n")).toBe(
    "198.51.100.20",
  );
  expect(toldAddress("using gateway : 192.168.1.1\nreadnatpmpresponseorretry() failed : the gateway")).toBeUndefined();
});
