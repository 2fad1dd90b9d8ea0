import { describe, expect, it } from "vitest";
import type { ApiAnswer } from "./answers.ts";
import { answerApi } from "./api.ts";
import { MemoryZoneStore } from "./memoryZoneStore.ts";

const TOKEN = "0123456789abcdef";
const HOME = "/v5/livedns/domains/example.com/records/home/A";

function account() {
  const soa = { name: "@", type: "SOA", ttl: 10_800, values: ["ns1.gandi.net. hostmaster.gandi.net. 1 2 3 4 5"] };
  const ns = { name: "@", type: "NS", ttl: 10_800, values: ["ns1.gandi.net."] };
  const home = { name: "home", type: "A", ttl: 300, values: ["198.51.100.20"] };
  const www = { name: "www", type: "CNAME", ttl: 10_800, values: ["home.example.com."] };
  return {
    token: TOKEN,
    store: new MemoryZoneStore({ "example.com": [soa, ns, home, www], "example.net": [soa, ns] }),
  };
}

interface Call {
  readonly body?: unknown;
  readonly authorization?: string;
  readonly on?: ReturnType<typeof account>;
}

async function ask(method: string, target: string, call: Call = {}): Promise<ApiAnswer> {
  const { body, authorization = `Bearer ${TOKEN}`, on = account() } = call;
  return answerApi({ method, target, authorization, body: body === undefined ? "" : JSON.stringify(body) }, on);
}

const parse = (answer: ApiAnswer): unknown => JSON.parse(answer.body);

describe("authorisation", () => {
  it.each([`Bearer ${TOKEN}`, `Apikey ${TOKEN}`, `apikey ${TOKEN}`])("accepts %s", async (authorization) => {
    expect((await ask("GET", HOME, { authorization })).status).toBe(200);
  });

  it.each(["Bearer wrong", `Basic ${TOKEN}`, TOKEN])(
    "refuses %s with the 401 that has a code",
    async (authorization) => {
      const answer = await ask("PUT", HOME, { authorization, body: { rrset_values: ["192.0.2.1"] } });
      expect(answer.status).toBe(401);
      expect(parse(answer)).toMatchObject({ code: 401, object: "HTTPUnauthorized", cause: "Unauthorized" });
    },
  );

  it("answers a request without credentials in JSON that has no code", async () => {
    const answer = await ask("GET", HOME, { authorization: "" });
    expect(answer.status).toBe(401);
    expect(parse(answer)).toEqual({ message: expect.stringContaining("access token or an API Key") as string });
  });
});

describe("reading", () => {
  it("gives an rrset in LiveDNS's form", async () => {
    expect(parse(await ask("GET", HOME))).toEqual({
      rrset_name: "home",
      rrset_type: "A",
      rrset_ttl: 300,
      rrset_values: ["198.51.100.20"],
      rrset_href: `https://api.gandi.net${HOME}`,
    });
  });

  it("tells an rrset that is not there from a zone that is not there", async () => {
    const rrset = await ask("GET", "/v5/livedns/domains/example.com/records/home/AAAA");
    const zone = await ask("GET", "/v5/livedns/domains/example.org/records/home/A");
    expect([rrset.status, zone.status]).toEqual([404, 404]);
    expect(parse(rrset)).toMatchObject({ object: "dns-record", cause: "Not Found" });
    expect(parse(zone)).toMatchObject({ object: "LocalizedHTTPNotFound", message: "Unknown domain" });
  });

  it("lists domains page by page", async () => {
    const first = await ask("GET", "/v5/livedns/domains?page=1&per_page=1");
    expect(parse(first)).toMatchObject([{ fqdn: "example.com" }]);
    expect(first.headers["Total-Count"]).toBe("2");
    expect(first.headers["Link"]).toBe('<https://api.gandi.net/v5/livedns/domains?page=2&per_page=1>; rel="next"');
    const last = await ask("GET", "/v5/livedns/domains?page=2&per_page=1");
    expect(parse(last)).toMatchObject([{ fqdn: "example.net" }]);
    expect(last.headers["Link"]).toBeUndefined();
    expect((await ask("GET", "/v5/livedns/domains?page=0")).status).toBe(400);
  });

  it("keeps SOA and the apex's name servers out of the list of records", async () => {
    const records = await ask("GET", "/v5/livedns/domains/example.com/records");
    expect(records.headers["Total-Count"]).toBe("2");
    expect(parse(records)).toMatchObject([{ rrset_name: "home" }, { rrset_name: "www" }]);
  });

  it("lists the rrsets of one name", async () => {
    const www = await ask("GET", "/v5/livedns/domains/example.com/records/WWW");
    expect(parse(www)).toMatchObject([{ rrset_name: "www", rrset_type: "CNAME" }]);
  });
});

describe("writing", () => {
  it("replaces an rrset whole", async () => {
    const on = account();
    const answer = await ask("PUT", HOME, { on, body: { rrset_values: ["192.0.2.1", "192.0.2.2"], rrset_ttl: 600 } });
    expect([answer.status, parse(answer)]).toEqual([201, { message: "DNS Record Created" }]);
    const values = ["192.0.2.1", "192.0.2.2"];
    expect(await on.store.read("example.com")).toContainEqual({ name: "home", type: "A", ttl: 600, values });
  });

  it("creates at the apex, takes the default TTL, and names the apex %40 in the reference", async () => {
    const on = account();
    const apex = "/v5/livedns/domains/example.com/records/@/AAAA";
    await ask("PUT", apex, { on, body: { rrset_values: ["2001:db8::1"] } });
    expect(parse(await ask("GET", apex, { on }))).toMatchObject({
      rrset_name: "@",
      rrset_ttl: 10_800,
      rrset_href: expect.stringContaining("/records/%40/AAAA") as string,
    });
  });

  it("refuses what is wrong in the shape that has no code, and leaves the zone alone", async () => {
    const on = account();
    const before = await on.store.read("example.com");
    const answer = await ask("PUT", HOME, { on, body: { rrset_values: ["192.0.2.256"], rrset_ttl: 60 } });
    expect(answer.status).toBe(400);
    expect(parse(answer)).toEqual({
      status: "error",
      errors: [
        { location: "body", name: "rrset_ttl", description: "60 is less than minimum value 300" },
        { location: "body", name: "rrset_values.0", description: '"192.0.2.256" is not a valid value of type A' },
      ],
    });
    expect(await on.store.read("example.com")).toEqual(before);
  });

  it("refuses to POST over an rrset, and POSTs where there is none", async () => {
    const body = { rrset_values: ["192.0.2.1"] };
    expect((await ask("POST", HOME, { body })).status).toBe(409);
    expect((await ask("POST", HOME.replace("home", "new"), { body })).status).toBe(201);
  });

  it.each([
    ["home/CNAME", "elsewhere.example.net."],
    ["www/A", "192.0.2.1"],
  ])("refuses %s beside what stands there", async (rrset, value) => {
    const target = `/v5/livedns/domains/example.com/records/${rrset}`;
    expect((await ask("PUT", target, { body: { rrset_values: [value] } })).status).toBe(409);
  });

  it("deletes one rrset, once", async () => {
    const on = account();
    const deleted = await ask("DELETE", HOME, { on });
    expect([deleted.status, deleted.body]).toEqual([204, ""]);
    expect((await ask("DELETE", HOME, { on })).status).toBe(404);
  });

  it("replaces and wipes a whole zone but for SOA and name servers", async () => {
    const on = account();
    const target = "/v5/livedns/domains/example.com/records";
    const items = [{ rrset_name: "only", rrset_type: "A", rrset_values: ["192.0.2.1"] }];
    expect((await ask("PUT", target, { on, body: { items } })).status).toBe(201);
    expect(parse(await ask("GET", target, { on }))).toMatchObject([{ rrset_name: "only" }]);
    expect((await ask("DELETE", target, { on })).status).toBe(204);
    expect((await on.store.read("example.com")).map(({ type }) => type)).toEqual(["SOA", "NS"]);
  });
});

describe("every answer", () => {
  it.each([
    ["GET", "/", 200],
    ["GET", "/v5/livedns/domains", 200],
    ["PATCH", HOME, 405],
    ["GET", "/v5/domain/domains", 404],
  ])("%s %s says that it comes from a stand-in", async (method, target, status) => {
    const answer = await ask(method, target);
    expect(answer.status).toBe(status);
    expect(answer.headers["X-Standin"]).toBe("gandi-livedns");
  });
});
