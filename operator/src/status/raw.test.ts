import { describe, expect, it } from "vitest";
import { rawDocument } from "./raw.ts";
import { observation, record, snapshot } from "./testing.ts";

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
});
