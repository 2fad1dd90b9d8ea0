import { expect, test } from "vitest";
import type { RecordType } from "@esddns/common/api";
import { virtualClock } from "../runtime/testing.ts";
import { createPlausibility } from "@esddns/common/ip";
import { type Authority, type VerificationVerdict, verify } from "./verify.ts";

/** Addresses of root servers. They are globally reachable, and the test never contacts them. */
const ADDRESS = { "a.example.net": "198.41.0.4", "b.example.net": "199.9.14.201", "lan.example.net": "192.168.1.5" };
const RIGHT = { A: ["9.9.9.9"], AAAA: ["2620:fe::9"] };

type Says = Partial<Record<keyof typeof ADDRESS, Record<RecordType, readonly string[]> | Error | "silence">>;

/** A zone with these name servers and the answer of each. */
function zone(says: Says): { authority: Authority; asked: string[] } {
  const asked: string[] = [];
  const hostOf = (address: string): keyof typeof ADDRESS =>
    Object.entries(ADDRESS).find(([, own]) => own === address)?.[0] as keyof typeof ADDRESS;
  const authority: Authority = {
    nameServers: () => Promise.resolve(Object.keys(says)),
    addresses: (host) => Promise.resolve([ADDRESS[host as keyof typeof ADDRESS]]),
    ask: (server, _name, type) => {
      asked.push(server);
      const answer = says[hostOf(server)];
      if (answer === "silence") return new Promise(() => undefined);
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer?.[type] ?? []);
    },
  };
  return { authority, asked };
}

const clock = virtualClock();
const published = [
  { type: "A", ttl: 300, values: ["9.9.9.9"] },
  { type: "AAAA", ttl: 300, values: ["2620:FE::9"] },
];

async function ask(authority: Authority, allowNonGlobal: string[] = []): Promise<VerificationVerdict> {
  const { mayContact } = createPlausibility({ allowNonGlobal, excluded: [] });
  const subject = { zone: "example.com", fqdn: "home.example.com", published };
  const verdict = verify(subject, { authority, mayContact, clock }, new AbortController().signal);
  await clock.run(30_000);
  return await verdict;
}

function refused(): Error {
  return Object.assign(new Error("queryA EREFUSED home.example.com"), { code: "EREFUSED" });
}

test("True when every server says it, of every type, in whatever notation", async () => {
  const { authority } = zone({ "b.example.net": RIGHT, "a.example.net": RIGHT });
  expect(await ask(authority)).toEqual({
    status: "True",
    reason: "Verified",
    message: "a.example.net, b.example.net say A 9.9.9.9 and AAAA 2620:FE::9.",
  });
});

test("False as soon as one server says something else, with who says what", async () => {
  const { authority } = zone({ "a.example.net": RIGHT, "b.example.net": { A: ["9.9.9.10"], AAAA: [] } });
  const { status, message } = await ask(authority);
  expect(status).toBe("False");
  expect(message).toContain("b.example.net says A 9.9.9.10 and AAAA nothing. a.example.net say A 9.9.9.9");
});

test("a server that does not answer is named, and leaves the verdict to the others", async () => {
  const { authority } = zone({ "a.example.net": RIGHT, "b.example.net": refused() });
  expect(await ask(authority)).toMatchObject({
    status: "True",
    message: expect.stringContaining("No answer from b.example.net (EREFUSED).") as string,
  });
});

test("Unknown when none answers, in bounded time", async () => {
  const { authority } = zone({ "a.example.net": "silence", "b.example.net": refused() });
  const { status, message } = await ask(authority);
  expect(status).toBe("Unknown");
  expect(message).toContain("a.example.net (TimeoutError), b.example.net (EREFUSED)");
});

test("Unknown when the name servers cannot be found, or there are none", async () => {
  const { authority } = zone({});
  expect(await ask(authority)).toMatchObject({ status: "Unknown", reason: "NoAnswer" });
  const lost = Object.assign(new Error("x"), { code: "ESERVFAIL" });
  const verdict = await ask({ ...authority, nameServers: () => Promise.reject(lost) });
  expect(verdict.message).toContain("the name servers of example.com cannot be found (ESERVFAIL)");
});

test("a server on a private address is asked only where that is allowed", async () => {
  const { authority, asked } = zone({ "lan.example.net": RIGHT });
  expect((await ask(authority)).message).toContain("lan.example.net (it has no address that is globally reachable)");
  expect(asked).toEqual([]);
  expect((await ask(authority, ["192.168.1.0/24"])).status).toBe("True");
});
