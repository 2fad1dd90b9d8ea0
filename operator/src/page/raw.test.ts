import { describe, expect, it } from "vitest";
import { rawDocument } from "./raw.ts";
import { rawJsonSchema, rawSchema } from "./rawSchema.ts";
import { observation, record, snapshot, clusterView } from "../snapshot/testing.ts";

const endless = {
  read: true,
  value: [{ name: "p", families: [{ family: "IPv6", assigned: 1, available: 2 ** 63 }] }],
} as const;

describe("/raw", () => {
  it("has the fields of old, about the first record", () => {
    expect(rawDocument(snapshot())).toMatchObject({
      poll_date: "2026-03-01T11:59:00Z",
      wan_ip_state: { IP: "198.51.100.20", usable: true },
      record_state: {
        in_sync: true,
        record_data: {
          rrset_name: "home",
          rrset_type: "A",
          rrset_ttl: 300,
          rrset_values: ["198.51.100.20"],
          rrset_href: "https://api.gandi.net/v5/livedns/domains/example.com/records/home/A",
        },
      },
    });
  });

  it("has null for what is not known", () => {
    const nothing = {
      wan: undefined,
      observations: [],
      records: [],
      watches: [{ kind: "WanAddress", ageMs: undefined }],
    };
    expect(rawDocument(snapshot(nothing))).toMatchObject({
      poll_date: null,
      wan_ip_state: { IP: null, usable: false },
      record_state: { in_sync: false, record_data: null },
      wan: null,
      records: [],
      observations: [],
      watches: [{ kind: "WanAddress", ageSeconds: null }],
    });
  });

  it("says in its verdict when what it tells is old", () => {
    expect(rawDocument(snapshot()).verdict.title).toBe("In order");
    expect(rawDocument(snapshot({ watches: [{ kind: "WanAddress", ageMs: 300_000 }] })).verdict.title).toBe(
      "Out of date",
    );
    expect(rawDocument(snapshot({ observations: [] })).verdict.title).toBe("Nobody looks");
  });

  it("is out of sync with the record", () => {
    expect(rawDocument(snapshot({ records: [record("home", "False")] }))).toMatchObject({
      record_state: { in_sync: false, record_data: { rrset_name: "home" } },
    });
  });

  it("tells everything else, too", () => {
    const late = { ...observation("node2", ""), observedAt: "2026-03-01T11:59:30Z" };
    const document = rawDocument(snapshot({ observations: [observation("node1", "Google:192.0.2.1"), late] }));
    expect(document).toMatchObject({
      poll_date: "2026-03-01T11:59:30Z",
      namespace: "home",
      version: "1.2.3",
      time: "2026-03-01T12:00:00.000Z",
      wan: { status: { decisionId: 2 }, spec: { quorum: 2 } },
      records: [{ name: "home", spec: { ttl: 300 }, status: { fqdn: "home.example.com" } }],
      observations: [{ nodeName: "node1", votes: [{ organisation: "Google" }] }, { nodeName: "node2" }],
      watches: [{ kind: "WanAddress", ageSeconds: 4 }],
    });
  });

  it.each([
    ["all there is", snapshot({ clusterView: clusterView(), gandiTokenExpires: "2026-05-01" })],
    ["a pool without end", snapshot({ clusterView: clusterView({ pools: endless }) })],
    ["nothing yet", snapshot({ wan: undefined, observations: [], records: [] })],
  ])("is what its schema says, no key less and no key more: %s", (_name, given) => {
    const document: unknown = JSON.parse(JSON.stringify(rawDocument(given)));
    expect(rawSchema.parse(document)).toEqual(document);
  });

  it("tells MetalLB's part, the token and the timeline", () => {
    const document = rawDocument(snapshot({ clusterView: clusterView(), gandiTokenExpires: "2026-05-01" }));
    expect(document).toMatchObject({
      verdict: { title: "In order" },
      loadBalancer: {
        addresses: ["192.168.1.100"],
        announcedBy: ["node1"],
        pools: [{ name: "esddns-pool", assigned: 9, available: 2 }],
      },
      gandiToken: { expires: "2026-05-01", daysLeft: 60 },
      timeline: [{ kind: "Doubt" }, { kind: "Change" }],
    });
  });

  it("publishes the schema, which names every key", () => {
    expect(rawJsonSchema()).toMatchObject({
      $schema: expect.stringContaining("json-schema.org") as string,
      type: "object",
      required: Object.keys(rawDocument(snapshot())),
    });
  });
});
