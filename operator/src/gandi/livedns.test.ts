import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { EsddnsError } from "../runtime/errors.ts";
import { RateBudget } from "./budget.ts";
import { LiveDns, type LiveDnsOptions } from "./livedns.ts";
import { fakeHttp, type FakeHttp } from "./testing.ts";
import { keptLog, type VirtualClock, virtualClock } from "../runtime/testing.ts";

const ORIGIN = "https://api.gandi.example";
const BASE = "/v5/livedns";
const TOKEN = "pat-0123456789abcdef0123456789abcdef0123";
const RECORD = `${BASE}/domains/example.com/records/home/A`;
const signal = new AbortController().signal;
const rrset = { type: "A" as const, ttl: 300, values: ["192.0.2.1"] };
const found = {
  rrset_name: "home",
  rrset_type: "A",
  rrset_ttl: 300,
  rrset_values: ["192.0.2.1"],
  rrset_href: `${ORIGIN}${RECORD}`,
};
const absent = {
  code: 404,
  message: "Can't find the DNS record home/A in the zone",
  object: "dns-record",
  cause: "Not Found",
};
const unauthorized = {
  code: 401,
  message: "The server could not verify that you authorized or your access token has expired",
  object: "HTTPUnauthorized",
  cause: "Unauthorized",
};

let http: FakeHttp;
let clock: VirtualClock;
let lines: string[];
let token: string;

function client(options: Partial<LiveDnsOptions> = {}): LiveDns {
  const kept = keptLog();
  lines = kept.lines;
  return new LiveDns({
    baseUrl: ORIGIN + BASE,
    token: () => Promise.resolve(token),
    clock,
    log: kept.log,
    connect: () => http,
    timeouts: { headersMs: 30_000, bodyMs: 30_000, totalMs: 30_000 },
    budget: new RateBudget(clock, { limit: 3 }),
    ...options,
  });
}

/** The server's next answer. The interceptor checks the request. */
function answer(status: number, body: unknown = "", headers: Record<string, string> = {}, method = "GET"): void {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  http.expects({ path: RECORD, method }, { status, text, headers });
}

beforeEach(() => {
  http = fakeHttp(ORIGIN);
  clock = virtualClock();
  token = TOKEN;
});
afterEach(() => {
  http.allSent();
});

describe("requests", () => {
  test("GET carries the token and gives the rrset", async () => {
    http.expects(
      { path: RECORD, method: "GET", headers: { authorization: `Bearer ${TOKEN}` } },
      { status: 200, text: JSON.stringify(found) },
    );
    expect(await client().getRrset("example.com", "home", "A", signal)).toEqual({ ok: true, value: rrset });
  });

  test("a short token is sent as a legacy key", async () => {
    token = "legacy-key-of-24-chars-x";
    http.expects(
      { path: RECORD, headers: { authorization: `Apikey ${token}` } },
      { status: 200, text: JSON.stringify(found) },
    );
    expect(await client().getRrset("example.com", "home", "A", signal)).toMatchObject({ ok: true });
  });

  test.each([
    ["@", "/domains/example.com/records/@/A"],
    ["*", "/domains/example.com/records/*/A"],
    ["*.apps", "/domains/example.com/records/*.apps/A"],
    ["_x.Home", "/domains/example.com/records/_x.Home/A"],
  ])("the name %s is asked for as %s", async (name, path) => {
    http.expects(
      { path: BASE + path },
      { status: 200, text: JSON.stringify({ ...found, rrset_name: name.toLowerCase() }) },
    );
    expect(await client().getRrset("example.com", name, "A", signal)).toEqual({ ok: true, value: rrset });
  });

  test.each([200, 201, 202, 204])("PUT sends values and ttl; %i is success whatever the body", async (status) => {
    const body = '{"rrset_values":["192.0.2.1"],"rrset_ttl":300}';
    http.expects({ path: RECORD, method: "PUT", body }, { status, text: status === 204 ? "" : "<html>" });
    expect(await client().putRrset("example.com", "home", rrset, signal)).toEqual({ ok: true, value: undefined });
  });

  test("DELETE of what is there, and of what is not, succeeds", async () => {
    answer(204, "", {}, "DELETE");
    expect(await client().deleteRrset("example.com", "home", "A", signal)).toEqual({ ok: true, value: undefined });
    answer(404, absent, {}, "DELETE");
    expect(await client().deleteRrset("example.com", "home", "A", signal)).toEqual({ ok: true, value: undefined });
  });

  test("nothing is sent for a name that is none, nor an rrset without values", async () => {
    const livedns = client();
    expect(await livedns.getRrset("example.com/records", "home", "A", signal)).toMatchObject({
      error: { kind: "Invalid" },
    });
    expect(await livedns.putRrset("example.com", "a/../..", rrset, signal)).toMatchObject({
      error: { kind: "Invalid" },
    });
    expect(await livedns.putRrset("example.com", "home", { ...rrset, values: [] }, signal)).toMatchObject({
      error: { kind: "Invalid", message: expect.stringContaining("without values") as string },
    });
  });
});

describe("answers to GET", () => {
  test("404 of the rrset is an rrset that is not there", async () => {
    answer(404, absent);
    expect(await client().getRrset("example.com", "home", "A", signal)).toEqual({ ok: true, value: undefined });
  });

  test.each<[string, number, unknown, string, string]>([
    ["401", 401, unauthorized, "Unauthorized", 'right "Manage domain name technical configurations"'],
    [
      "JSON without code",
      401,
      { message: "You must provide an access token or an API Key" },
      "Unauthorized",
      "API Key",
    ],
    ["403", 403, { code: 403, message: "Access was denied", object: "HTTPForbidden" }, "Forbidden", "example.com"],
    ["HTML 403", 403, "<html>no</html>", "Forbidden", "an HTML page"],
    [
      "unknown zone",
      404,
      { code: 404, message: "Unknown domain", object: "LocalizedHTTPNotFound" },
      "ZoneNotFound",
      "Unknown domain",
    ],
    [
      "no resource",
      404,
      { code: 404, message: "The resource could not be found.", object: "HTTPNotFound" },
      "ZoneNotFound",
      "organisation",
    ],
    ["HTML 404", 404, "<html>", "Unexpected", "proxy"],
    ["empty 404", 404, "", "Unexpected", "404: no text"],
    ["404 with object of another type", 404, { object: 5 }, "Unexpected", "JSON without a message"],
    [
      "400 with errors",
      400,
      {
        status: "error",
        errors: [{ location: "body", name: "rrset_ttl", description: "60 is less than minimum value 300" }],
      },
      "Invalid",
      "rrset_ttl: 60 is less than minimum value 300",
    ],
    ["409", 409, { code: 409, message: "A CNAME is there" }, "Invalid", "A home.example.com (409: A CNAME is there)"],
    ["HTML 400", 400, "<html>", "Invalid", "an HTML page"],
    ["500 HTML", 500, "<html>", "ServerError", "500: an HTML page"],
    ["503 empty", 503, "", "ServerError", "no text"],
    ["500 null", 500, "null", "ServerError", "no JSON"],
    ["200 HTML", 200, "<html>", "Unexpected", "200: an HTML page"],
    ["200 empty", 200, "", "Unexpected", "no text"],
    ["200 without values", 200, { ...found, rrset_values: [] }, "Unexpected", "as Gandi LiveDNS does"],
    ["200 with values of another type", 200, { ...found, rrset_values: [1] }, "Unexpected", "as Gandi LiveDNS does"],
    ["200 with a ttl of another type", 200, { ...found, rrset_ttl: "300" }, "Unexpected", "as Gandi LiveDNS does"],
    ["200 about another name", 200, { ...found, rrset_name: "www" }, "Unexpected", "as Gandi LiveDNS does"],
    ["200 about another type", 200, { ...found, rrset_type: "AAAA" }, "Unexpected", "as Gandi LiveDNS does"],
    ["302", 302, "", "Unexpected", "302"],
    ["418", 418, "", "Unexpected", "418"],
  ])("%s", async (_, status, body, kind, part) => {
    answer(status, body);
    const result = await client().getRrset("example.com", "home", "A", signal);
    expect(result).toMatchObject({
      ok: false,
      error: { kind, status, message: expect.stringContaining(part) as string },
    });
  });

  test.each<[string, number, string | undefined, number | undefined]>([
    ["429 in seconds", 429, "7", 7_000],
    ["429 with a date", 429, "Sun, 01 Mar 2026 12:02:00 GMT", 120_000],
    ["429 with a date that has passed", 429, "Sun, 01 Mar 2026 11:00:00 GMT", 0],
    ["429 without", 429, undefined, 60_000],
    ["429 with nonsense", 429, "soon", 60_000],
    ["429 with a number that is none of seconds", 429, "-5", 60_000],
    ["429 with a fraction", 429, "1.5", 60_000],
    ["429 with a date that is none", 429, "Sun, 99 Mar 2026 GMT", 60_000],
    ["429 for days", 429, "999999", 3_600_000],
    ["503 in seconds", 503, "20", 20_000],
    ["503 without", 503, undefined, undefined],
  ])("Retry-After: %s", async (_, status, header, retryAfterMs) => {
    answer(status, "", header === undefined ? {} : { "retry-after": header });
    const result = await client().getRrset("example.com", "home", "A", signal);
    expect(result.ok ? undefined : result.error).toHaveProperty("kind", status === 429 ? "RateLimited" : "ServerError");
    expect(result).toHaveProperty(
      ["error"],
      expect.objectContaining(retryAfterMs === undefined ? {} : { retryAfterMs }),
    );
    if (retryAfterMs === undefined) expect(result).not.toHaveProperty(["error", "retryAfterMs"]);
  });

  test("what the server says reaches people short, on one line, and without the token", async () => {
    answer(400, { message: `bad\n\u001b[31m header Bearer ${TOKEN} ${"x".repeat(5000)}` });
    const result = await client().getRrset("example.com", "home", "A", signal);
    const message = result.ok ? "" : result.error.message;
    expect(message).toContain("bad [31m header Bearer [token]");
    expect(message.length).toBeLessThan(500);
    expect(message + lines.join()).not.toContain(TOKEN);
  });

  test.each<[string, (token: string) => string]>([
    [
      "in escapes of JSON",
      (text) => text.replace(/./g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`),
    ],
    ["percent-encoded", (text) => encodeURIComponent(text)],
    ["in base64", (text) => Buffer.from(text).toString("base64")],
    ["in base64 after one byte", (text) => Buffer.from(`:${text}`).toString("base64")],
    ["in base64 after two bytes", (text) => Buffer.from(`::${text}`).toString("base64")],
    ["in base64 for URLs, of the whole header", (text) => Buffer.from(`Bearer ${text}`).toString("base64url")],
  ])("the token is not passed on %s", async (_, form) => {
    // Every kind of character that a token may have, and one that base64 writes in two ways.
    token = "pat-0123456789+/%?>~abcdef0123456789ab0123";
    const before = form(token);
    const said = before.startsWith("\\u") ? before : JSON.stringify(before).slice(1, -1);
    const livedns = client();
    answer(403, `{"code":403,"message":"denied for ${said} here","object":"HTTPForbidden"}`);
    const denied = await livedns.getRrset("example.com", "home", "A", signal);
    answer(200, `{"rrset_name":"home","rrset_type":"A","rrset_ttl":300,"rrset_values":["${said}"]}`);
    const values = await livedns.getRrset("example.com", "home", "A", signal);
    expect(denied).toMatchObject({ error: { message: expect.stringContaining("[token]") as string } });
    for (const text of [JSON.stringify(denied), JSON.stringify(values), lines.join()]) {
      expect(text).not.toContain(token);
      if (!before.startsWith("\\u")) expect(text).not.toContain(before);
    }
  });

  test("so it is in an answer that claims success", async () => {
    answer(200, { message: TOKEN });
    const result = await client().getRrset("example.com", "home", "A", signal);
    expect(JSON.stringify(result) + lines.join()).not.toContain(TOKEN);
  });
});

test("PUT that is told that the rrset does not exist has not succeeded", async () => {
  answer(404, absent, {}, "PUT");
  expect(await client().putRrset("example.com", "home", rrset, signal)).toMatchObject({
    ok: false,
    error: { kind: "Unexpected", status: 404 },
  });
});

describe("across requests", () => {
  test("after a 429 nothing is sent until its time is over", async () => {
    const livedns = client();
    answer(429, "", { "retry-after": "7" });
    await livedns.getRrset("example.com", "home", "A", signal);
    clock.advance(2_000);
    expect(await livedns.getRrset("example.net", "other", "A", signal)).toMatchObject({
      error: {
        kind: "RateLimited",
        retryAfterMs: 5_000,
        message: expect.stringContaining("asked for a pause") as string,
      },
    });
    clock.advance(5_000);
    answer(200, found);
    expect(await livedns.getRrset("example.com", "home", "A", signal)).toMatchObject({ ok: true });
  });

  test("the budget is shared, and its end says when it goes on, and which key is the cause", async () => {
    const livedns = client();
    for (let i = 0; i < 3; i++) {
      answer(200, found);
      expect(await livedns.getRrset("example.com", "home", "A", signal)).toMatchObject({ ok: true });
    }
    expect(await livedns.putRrset("example.com", "home", rrset, signal)).toMatchObject({
      ok: false,
      error: {
        kind: "BudgetSpent",
        retryAfterMs: 60_000,
        message: expect.stringContaining(
          "3 requests a minute go to Gandi at most (esddns:gandiRequestsPerMinute)",
        ) as string,
      },
    });
  });

  test("after a 429 half as many requests go out for ten minutes, and whoever waits is told so", async () => {
    const livedns = client({ budget: new RateBudget(clock, { limit: 40 }) });
    answer(429, "", { "retry-after": "7" });
    await livedns.getRrset("example.com", "home", "A", signal);
    clock.advance(60_000);
    expect(livedns.budgetLeft()).toBe(20);
    for (let i = 0; i < 20; i++) {
      answer(200, found);
      expect(await livedns.getRrset("example.com", "home", "A", signal)).toMatchObject({ ok: true });
    }
    expect(await livedns.getRrset("example.com", "home", "A", signal)).toMatchObject({
      error: {
        kind: "BudgetSpent",
        message: expect.stringMatching(
          /^Waits .* 20 requests a minute .*fewer than esddns:gandiRequestsPerMinute/,
        ) as string,
      },
    });
    clock.advance(10 * 60_000);
    expect(livedns.budgetLeft()).toBe(40);
  });

  test("what was reserved can be used up by the calls that belong together", async () => {
    const livedns = client();
    const turn = livedns.reserve(2, "change");
    if (!turn.ok) expect.unreachable();
    answer(200, found);
    await livedns.getRrset("example.net", "other", "A", signal).catch(() => undefined);
    expect(livedns.budgetLeft()).toBe(0);
    answer(200, "", {}, "PUT");
    expect(await livedns.putRrset("example.com", "home", rrset, signal, turn.value)).toMatchObject({ ok: true });
    answer(200, found);
    expect(await livedns.getRrset("example.com", "home", "A", signal, turn.value)).toMatchObject({ ok: true });
    expect(livedns.reserve(1, "change")).toMatchObject({ ok: false, error: { kind: "BudgetSpent" } });
  });

  test("a refused token is not sent again until it is replaced, or long after", async () => {
    const livedns = client();
    answer(401, unauthorized);
    const first = await livedns.getRrset("example.com", "home", "A", signal);
    expect(await livedns.getRrset("example.com", "home", "A", signal)).toEqual(first);

    token = `${TOKEN}-new`;
    answer(200, found);
    expect(await livedns.getRrset("example.com", "home", "A", signal)).toMatchObject({ ok: true });

    token = TOKEN;
    answer(401, unauthorized);
    expect(await livedns.getRrset("example.com", "home", "A", signal)).toEqual(first);
    clock.advance(15 * 60_000);
    answer(200, found);
    expect(await livedns.getRrset("example.com", "home", "A", signal)).toMatchObject({ ok: true });
  });

  test("a refused token that was replaced and is put back is tried at once", async () => {
    const livedns = client();
    answer(401, unauthorized);
    expect(await livedns.getRrset("example.com", "home", "A", signal)).toMatchObject({ ok: false });
    token = `${TOKEN}-new`;
    answer(200, found);
    await livedns.getRrset("example.com", "home", "A", signal);
    token = TOKEN;
    answer(200, found);
    expect(await livedns.getRrset("example.com", "home", "A", signal)).toMatchObject({ ok: true });
  });

  test("a token that cannot be had is Unauthorized in its own words, and costs no request", async () => {
    const reason = new EsddnsError("ESDDNS_GANDI_TOKEN", "The Gandi token file /x is empty: do this");
    const livedns = client({ token: () => Promise.reject(reason) });
    expect(await livedns.getRrset("example.com", "home", "A", signal)).toEqual({
      ok: false,
      error: { kind: "Unauthorized", message: reason.message },
    });
    const other = client({ token: () => Promise.reject(new Error(TOKEN)) });
    expect(JSON.stringify(await other.getRrset("example.com", "home", "A", signal))).not.toContain(TOKEN);
  });
});

test.each([
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "esddns:extraCaCertificates"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "a wildcard record (*) in a search domain"],
  ["CERT_HAS_EXPIRED", "clock"],
  ["ENOTFOUND", "name resolution"],
])("a connection that fails with %s says so and what to look at", async (code, advice) => {
  const cause = Object.assign(new Error(`about ${TOKEN}`), { code });
  http.expects({ path: RECORD }, { error: new AggregateError([cause]) });
  const result = await client().getRrset("example.com", "home", "A", signal);
  expect(result).toMatchObject({ error: { kind: "Network", message: expect.stringContaining(advice) as string } });
  expect(result).toMatchObject({ error: { message: expect.stringContaining(code) as string } });
  expect(JSON.stringify(result)).not.toContain(TOKEN);
});

test.each([
  "http://api.gandi.net/v5/livedns",
  "ftp://x",
  "nonsense",
  "https://user:pw@x/",
  "https://user@x/",
  "https://x/?a=b",
  "https://x/#y",
])("the token is not sent to %s", (baseUrl) => {
  expect(() => client({ baseUrl })).toThrow(expect.objectContaining({ code: "ESDDNS_GANDI_URL" }) as Error);
});
