import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { channelProblems, notifyChannel } from "@esddns/common/api";
import { merged, requestOf } from "./message.ts";
import { note, SECRET, webhook } from "./testing.ts";

const NOW = Date.parse("2026-03-01T12:00:30Z");

describe("a webhook", () => {
  it("is signed, so that the receiver knows who sent it and when", () => {
    const { headers, body, url, method } = requestOf(webhook(), note(), "home", NOW);
    expect([method, url, headers["esddns-timestamp"]]).toEqual(["POST", "https://hook.test/in?x=1", "1772366430"]);
    const mac = createHmac("sha256", SECRET).update(`1772366430.${body}`).digest("hex");
    expect(headers["esddns-signature"]).toBe(`sha256=${mac}`);
    expect(JSON.parse(body)).toEqual({
      kind: "Failed",
      subject: "home.example.com",
      title: "ESDDNS home: home.example.com failed",
      text: note().text,
      time: "2026-03-01T12:00:00.000Z",
      namespace: "home",
    });
    expect(body + JSON.stringify(headers)).not.toContain(SECRET);
  });
});

describe("ntfy", () => {
  it("gets title, urgency and text, and a token where there is one", () => {
    const channel = notifyChannel.parse({ name: "n", type: "ntfy", url: "https://ntfy.test/topic", token: "tk_1" });
    expect(requestOf(channel, note({ kind: "Recovered" }), "home", NOW)).toMatchObject({
      url: "https://ntfy.test/topic",
      headers: { title: "ESDDNS home: home.example.com recovered", priority: "3", authorization: "Bearer tk_1" },
      body: note().text,
    });
  });
});

describe("a template", () => {
  const channel = (body: string, contentType?: string) =>
    notifyChannel.parse({ name: "t", type: "template", url: "https://t.test/", body, contentType });

  it("is JSON whatever the text, as Slack wants it", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const { body } = requestOf(channel('{"text": "*{{title}}* {{ text }}"}'), note({ text }), "home", NOW);
        expect(JSON.parse(body)).toEqual({ text: `*ESDDNS home: home.example.com failed* ${text}` });
      }),
    );
  });

  it("fills in nothing twice: a placeholder in a value stays as it is", () => {
    const { body } = requestOf(channel("{{text}}", "text/plain"), note({ text: "{{namespace}} & co" }), "home", NOW);
    expect(body).toBe("{{namespace}} & co");
  });

  it("is encoded as a form where that is what it is", () => {
    const form = channel("kind={{kind}}&text={{text}}", "application/x-www-form-urlencoded");
    expect(requestOf(form, note({ text: "a&b=c" }), "home", NOW).body).toBe("kind=Failed&text=a%26b%3Dc");
  });
});

describe("what is wrong with a channel", () => {
  const EMPTY = { type: "template", url: "https://x.test/", body: "{}" };

  it.each([
    [{ type: "webhook", url: "https://x.test/" }, "a webhook needs a secret"],
    [{ type: "ntfy", url: "https://ntfy.sh" }, "ends in a topic"],
    [{ type: "ntfy", url: "ntfy.sh/topic" }, "not an https:// URL"],
    [{ type: "template", url: "https://x.test/" }, "needs a body"],
    [{ type: "ntfy", url: "https://x.test/topic", token: "tk_…" }, "the token has signs in it that no header can have"],
    [{ ...EMPTY, headers: { "X Key": "hidden" } }, "X Key is no name that a header can have"],
    [{ ...EMPTY, headers: { "X-Key": "hid\nden" } }, "no header can have what X-Key has"],
    [{ ...EMPTY, contentType: "application/json\r" }, "no header can have what content-type has"],
    [{ type: "template", url: "https://x.test/", body: '{"a": "{{txet}}"}' }, "{{txet}} is none of"],
    [{ type: "template", url: "https://x.test/", body: '{"a": {{text}}}' }, "is not JSON once it is filled in"],
  ])("%j", (raw, wrong) => {
    expect(channelProblems(notifyChannel.parse({ name: "x", ...raw }))).toEqual([expect.stringContaining(wrong)]);
  });

  it("is nothing, of these", () => {
    expect(channelProblems(webhook())).toEqual([]);
    const slack = { name: "s", type: "template", url: "https://x.test/", body: '{"text": "{{title}}"}' };
    expect(channelProblems(notifyChannel.parse(slack))).toEqual([]);
  });
});

describe("notes that wait together", () => {
  it("go out as one, as bad as the worst of them", () => {
    const notes = [note({ key: "a", kind: "Recovered", subject: "a" }), note({ key: "b", subject: "b" })];
    expect(merged(notes, 3)).toMatchObject({ kind: "Failed", subject: "5 things" });
    expect(merged(notes, 3)?.text).toMatch(/^a recovered: .*b failed: .*and 3 more$/s);
    expect(merged([note()], 0)).toEqual(note());
    expect(merged([], 0)).toBeUndefined();
  });
});
