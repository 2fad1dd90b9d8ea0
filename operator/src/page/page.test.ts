import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Condition, DnsRecordObject, WanAddressObject } from "@esddns/common/api";
import { PAGE_CSP, renderPage } from "./page.ts";
import { observation, record, snapshot, clusterView } from "../snapshot/testing.ts";

const EVIL = `</td><script>alert("x")</script><img src=x onerror='y'>`;

/** The text between the tags, with blanks joined. */
const textOf = (page: string): string =>
  page
    .replace(/<style>.*<\/style>/s, "")
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ");

const watched = (kind: string, ageMs: number) => ({ kind, ageMs });
const expired = (node: string) => ({
  ...observation(node, "Google:198.51.100.20 !ipify:198.51.100.20"),
  observedAt: "2026-03-01T11:49:00Z",
});
const condition = (type: string, status: Condition["status"], reason: string): Condition => ({
  type,
  status,
  reason,
  message: `Why: ${reason}.`,
  lastTransitionTime: "2026-03-01T11:00:00Z",
});
const withCondition = (type: string, status: Condition["status"], reason: string): WanAddressObject => {
  const { wan } = snapshot();
  if (wan === undefined) expect.unreachable();
  const others = (wan.status?.conditions ?? []).filter((one) => one.type !== type);
  return { ...wan, status: { ...wan.status, conditions: [...others, condition(type, status, reason)] } };
};
const unverified = (name: string, status: Condition["status"]): DnsRecordObject => {
  const { status: of, ...rest } = record(name);
  return {
    ...rest,
    status: { ...of, conditions: [...(of?.conditions ?? []), condition("Verified", status, "Differs")] },
  };
};

describe("the page", () => {
  it("tells the address, since when, how sure and by whom, the records, the votes and the changes", () => {
    const text = textOf(renderPage(snapshot()));
    expect(text).toContain("In order. The sources agree, and every record is in sync.");
    expect(text).toContain("IPv4 198.51.100.20 confirmed by 2 organisations, 1 over verified TLS, on 2 of 2 nodes.");
    expect(text).toContain("Since 2026-03-01 11:00:00 UTC (60 min ago) Told by Google, ipify");
    expect(text).toContain("home.example.com A 198.51.100.20 300 s True Synced");
    expect(text).toContain("ipify HTTPS, verified TLS agrees agrees");
    expect(text).toContain("node1 2 of 2 sources answered, 2026-03-01 11:59:00 UTC (1 min ago)");
    expect(text).toContain("IPv4 is 198.51.100.20, before 198.51.100.7; told by Google, ipify.");
  });

  it("says first of all that nobody gets in, where all else is well and the router is behind another NAT", () => {
    const { wan } = snapshot();
    if (wan?.status === undefined) expect.unreachable();
    const behind = {
      type: "BehindNAT",
      status: "True" as const,
      reason: "CarrierGradeNAT",
      message: "The router has 100.64.3.4 outside.",
      lastTransitionTime: "2026-03-01T11:00:00Z",
    };
    const conditions = [...(wan.status.conditions ?? []).filter(({ type }) => type !== "BehindNAT"), behind];
    const text = textOf(renderPage(snapshot({ wan: { ...wan, status: { ...wan.status, conditions } } })));
    expect(text).toContain("Behind another NAT. The router has 100.64.3.4 outside.");
  });

  it("takes nodes on different lines for no dispute, where that is meant", () => {
    const { wan } = snapshot();
    if (wan?.status === undefined) expect.unreachable();
    const egress = (reason: string) => ({
      type: "MultipleEgress",
      status: "True" as const,
      reason,
      message: "Two lines.",
      lastTransitionTime: "2026-03-01T11:00:00Z",
    });
    const observations = [
      observation("node1", "Google:198.51.100.20 !ipify:198.51.100.20"),
      observation("node2", "Google:203.0.113.9 !ipify:203.0.113.9"),
    ];
    const shown = (reason: string, more: object) => {
      const status = { ...wan.status, ...more, conditions: [...(wan.status?.conditions ?? []), egress(reason)] };
      return textOf(renderPage(snapshot({ observations, wan: { ...wan, status } })));
    };
    const all = shown("AllPublished", { ipv4Addresses: ["198.51.100.20", "203.0.113.9"] });
    expect(all).toContain("confirmed by 2 organisations, 1 over verified TLS, on 2 of 2 nodes.");
    expect(all).toContain("Google STUN agrees 198.51.100.20 agrees 203.0.113.9");
    const preferred = shown("NodePreferred", {});
    expect(preferred).toContain("confirmed by 2 organisations, 1 over verified TLS, on 1 of 2 nodes.");
    expect(preferred).toContain("Google STUN agrees another line 203.0.113.9");
    expect(shown("NodesDiffer", {})).toContain("Google STUN agrees differs 203.0.113.9");
  });

  it("tells of a record that nothing was done for yet by its full name, and to wait", () => {
    const text = textOf(renderPage(snapshot({ records: [{ ...record("home"), status: {} }] })));
    expect(text).toContain("home.example.com A 300 s not yet tried not asked wait: nothing has been tried yet");
  });

  it("names who says something else, first of all", () => {
    const votes = "Google:198.51.100.20 !ipify:198.51.100.20 Evil:203.0.113.66";
    const text = textOf(renderPage(snapshot({ observations: [observation("node1", votes)] })));
    expect(text).toContain("disputed by 2 organisations, 1 over verified TLS, on 1 of 1 node – but not by Evil.");
    expect(text).toMatch(/Organisation node1 Evil STUN differs 203\.0\.113\.66 Google STUN agrees/);
  });

  it("says that an address is kept which nobody confirms any more", () => {
    expect(textOf(renderPage(snapshot({ observations: [] })))).toContain("not confirmed nobody says so at present");
  });

  it("tells the LoadBalancer address, who announces it and how full the pools are", () => {
    const text = textOf(renderPage(snapshot({ clusterView: clusterView() })));
    expect(text).toContain("Address on the LAN 192.168.1.100 Announced by node1");
    expect(text).toContain("esddns-pool IPv4 9 of 11 in use nearly full");
    expect(text).toContain("Doubt 2026-03-01 11:30:00 UTC (30 min ago) Disputed: The organisations differ.");
  });

  it("calls a pool full of which one family is, however many addresses of the other are free", () => {
    const families = [
      { family: "IPv4", assigned: 4, available: 0 },
      { family: "IPv6", assigned: 1, available: 2 ** 63 },
    ] as const;
    const pools = { read: true, value: [{ name: "p", families }] } as const;
    const text = textOf(renderPage(snapshot({ clusterView: clusterView({ pools }) })));
    expect(text).toContain("p IPv4 4 of 4 in use full");
    expect(text).toContain("p IPv6 1 of more than 2^53 in use");
  });

  it("says what it does not know, and why", () => {
    const why = "the page has no right to read it";
    const unknown = { read: false, why, reason: "Forbidden" } as const;
    const nothing = { addresses: unknown, announcedBy: unknown, pools: unknown, incidents: unknown };
    const text = textOf(renderPage(snapshot({ clusterView: nothing })));
    expect(text).toContain(`Address on the LAN unknown: ${why}`);
    expect(text).toContain(`Announced by – unknown: ${why}`);
    expect(text).toContain(`Address pools unknown: ${why}`);
    expect(text).toContain(`Warnings of the last hour are unknown: ${why}`);
  });

  it("is the same page, byte for byte, within a minute in which nothing happens", () => {
    const at = (ms: number) => renderPage(snapshot({ now: Date.parse("2026-03-01T12:00:00Z") + ms }));
    expect(at(59_999)).toBe(at(0));
    expect(at(60_000)).not.toBe(at(0));
  });

  it("escapes whatever comes from outside, wherever it is shown", () => {
    const evil = record("home", "False", EVIL);
    evil.status = { ...evil.status, fqdn: EVIL, published: [{ type: EVIL, ttl: 1, values: [EVIL] }] };
    const { wan } = snapshot();
    const [change] = wan?.status?.history ?? [];
    if (wan?.status === undefined || change === undefined) expect.unreachable();
    const node = observation("node1", "Google:198.51.100.20");
    const [vote] = node.votes;
    if (vote === undefined) expect.unreachable();
    const page = renderPage(
      snapshot({
        namespace: EVIL,
        version: EVIL,
        watches: [{ kind: EVIL, ageMs: 1 }],
        records: [evil],
        observations: [
          {
            ...node,
            nodeName: EVIL,
            votes: [{ ...vote, source: EVIL, organisation: EVIL, address: EVIL, detail: EVIL }],
          },
          { ...node, observedAt: EVIL },
        ],
        wan: {
          ...wan,
          status: {
            ipv4: EVIL,
            ipv6Prefix: EVIL,
            ipv6: EVIL,
            history: [{ ...change, time: EVIL, from: EVIL, to: EVIL, organisations: [EVIL] }],
            conditions: [{ type: EVIL, status: "False", reason: EVIL, message: EVIL, lastTransitionTime: EVIL }],
          },
        },
      }),
    );
    expect(page.replace('<script src="/page.js" defer></script>', "")).not.toMatch(/<script|<img|onerror='/);
    // Once for each of the places above, at least.
    expect(page.split("&lt;script&gt;").length).toBeGreaterThan(20);
  });

  it.each([
    ["Starting", { watches: [{ kind: "WanAddress", ageMs: undefined }] }],
    ["Not set up", { wan: undefined }],
    ["Out of date", { watches: [watched("WanAddress", 4_000), watched("WanObservation", 180_000)] }],
    ["Out of date", { watches: [watched("DnsRecord", 3_600_000)], records: [record("home", "False")] }],
    ["In order", { watches: [watched("WanAddress", 179_999)] }],
    ["Nobody looks", { observations: [] }],
    ["Nobody looks", { observations: [expired("node1"), expired("node2")] }],
    ["In order", { observations: [expired("node1"), observation("node2", "Google:198.51.100.20")] }],
    ["Not verified", { records: [record("www"), unverified("home", "False")] }],
    ["In order", { records: [unverified("home", "Unknown")] }],
    ["Out of sync", { records: [unverified("home", "False"), record("www", "False")] }],
    ["Behind another NAT", { wan: withCondition("BehindNAT", "True", "CarrierNat") }],
    ["In doubt", { wan: withCondition("Agreed", "False", "NoAnswers") }],
    ["In doubt", { wan: withCondition("Agreed", "Unknown", "NoObservations") }],
    ["In order", { wan: withCondition("FamilyUnavailable", "True", "NoAnswers") }],
    ["Pending", { clusterView: clusterView({ addresses: { read: true, value: [] } }) }],
    ["Token expired", { gandiTokenExpires: "2026-02-28" }],
    ["Token ends soon", { gandiTokenExpires: "2026-03-05" }],
    ["Out of sync", { records: [record("home", "False", "Gandi does not accept the token: create a new one")] }],
  ])("says in its title: %s", (title, overrides) => {
    expect(renderPage(snapshot(overrides))).toContain(`<title>${title} – ESDDNS home</title>`);
  });

  it("says what is wrong where there is no address, or doubt about it", () => {
    const { wan } = snapshot();
    if (wan === undefined) expect.unreachable();
    const none = textOf(renderPage(snapshot({ wan: { ...wan, status: {} } })));
    expect(none).toContain("No address. No node has reported an address yet.");
    expect(none).toContain("IPv4 not known");
    const [ready] = wan.status?.conditions ?? [];
    const disputed = {
      ...ready,
      type: "Agreed",
      status: "False",
      reason: "Disputed",
      message: "They differ.",
    } as const;
    const conditions = [ready, disputed] as never;
    const doubt = textOf(renderPage(snapshot({ wan: { ...wan, status: { ...wan.status, conditions } } })));
    expect(doubt).toContain("In doubt. They differ.");
  });

  it("says what to do about a record, and nothing where nothing is to be done", () => {
    const wrong = textOf(renderPage(snapshot({ records: [record("home", "False", "Create a new token.")] })));
    expect(wrong).toContain("False TokenRefused");
    expect(wrong).toContain("Create a new token.");
    expect(textOf(renderPage(snapshot()))).not.toContain("is in place");
  });

  it("marks an observation that does not count, with the reason, and shows none of it among the votes", () => {
    const says = (node: string, observedAt: string) => ({ ...observation(node, "Google:198.51.100.20"), observedAt });
    const old = textOf(renderPage(snapshot({ observations: [says("node1", "2026-03-01T10:00:00Z")] })));
    expect(old).toContain("(2 h ago) expired");
    expect(old).toContain("Votes No node has reported lately.");
    expect(old).not.toContain("agrees");
    const ahead = says("node2", "2026-03-01T12:05:00Z");
    const both = textOf(renderPage(snapshot({ observations: [observation("node1", "Google:198.51.100.20"), ahead] })));
    expect(both).toContain("clock is ahead");
    expect(both).toMatch(/Organisation node1 Google STUN agrees Gandi/);
  });

  it("counts what a clock that is a little ahead has just reported, at any second of the minute", () => {
    const fresh = { ...observation("node1", "Google:198.51.100.20"), observedAt: "2026-03-01T12:01:30Z" };
    const text = textOf(renderPage(snapshot({ now: Date.parse("2026-03-01T12:00:55Z"), observations: [fresh] })));
    expect(text).toContain("In order.");
    expect(text).toContain("confirmed by 1 organisation");
  });

  it("stays bounded however much there is", () => {
    const records = Array.from({ length: 1000 }, (_, i) => record(`r${i}`));
    const many = Array.from({ length: 256 }, (_, i) => `Org${i}:198.51.100.20`).join(" ");
    const observations = Array.from({ length: 200 }, (_, i) => observation(`node${i}`, many));
    const page = renderPage(snapshot({ records, observations }));
    expect(page.length).toBeLessThan(2_000_000);
    expect(textOf(page)).toContain("800 more records are in the JSON");
    expect(textOf(page)).toContain("150 more nodes are in the JSON");
    expect(textOf(page)).toContain("192 more votes are in the JSON");
  });

  it("needs nothing but itself: its policy allows its own style sheet, its own script and nothing else", () => {
    const page = renderPage(snapshot());
    const style = /<style>(.*)<\/style>/s.exec(page)?.[1] ?? "";
    const hash = createHash("sha256").update(style).digest("base64");
    expect(PAGE_CSP).toContain(`style-src 'sha256-${hash}'`);
    expect(PAGE_CSP).toContain("default-src 'none'");
    expect(PAGE_CSP).toContain("script-src 'self'");
    expect(PAGE_CSP).not.toMatch(/unsafe|https?:|\*/);
    expect(page.match(/<script[^>]*>/g)).toEqual(['<script src="/page.js" defer>']);
    expect(page).not.toMatch(/ style=|http-equiv| on[a-z]+=/);
  });
});
