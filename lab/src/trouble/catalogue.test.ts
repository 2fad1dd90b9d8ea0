import { expect, test } from "vitest";
import { troubles } from "./catalogue.ts";

test("every trouble has a name of its own, and no two start a process of the same name", () => {
  const services = troubles.flatMap((trouble) => trouble.services ?? []).map(({ name }) => name);
  for (const names of [troubles.map(({ name }) => name), services]) expect(new Set(names).size).toBe(names.length);
});

test("every trouble does something", () => {
  for (const { name, about, services, rules, gandi, apiServer, unplugged } of troubles) {
    expect(about, name).not.toBe("");
    expect(
      [services, rules, gandi, apiServer, unplugged].some((means) => means !== undefined),
      name,
    ).toBe(true);
  }
});

test("IPv4 addresses stand in iptables' rules alone, and IPv6 addresses in those of ip6tables", () => {
  const rules = troubles.flatMap((trouble) => trouble.rules ?? []);
  for (const { program, rule } of rules) {
    if (/203\.0\.113\.\d+/.test(rule)) expect(program).toBe("iptables");
    if (/2001:db8:/.test(rule)) expect(program).toBe("ip6tables");
  }
});
