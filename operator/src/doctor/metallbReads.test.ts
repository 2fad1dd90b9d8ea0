import { describe, expect, it } from "vitest";
import { failed } from "./facts.ts";
import type { Get } from "./get.ts";
import { ofMetallb } from "./metallbReads.ts";

const PODS = "/api/v1/namespaces/metallb-system/pods";
const BY_CHART = `${PODS}?labelSelector=app.kubernetes.io%2Fname%3Dmetallb`;
const BY_MANIFEST = `${PODS}?labelSelector=app%3Dmetallb`;
const PEERS = "/apis/metallb.io/v1beta2/namespaces/metallb-system/bgppeers";

const items = (...all: { name: string; labels?: object }[]) =>
  JSON.stringify({ items: all.map((metadata) => ({ metadata })) });

/** Answers with what is there by path; every other list is empty. */
const cluster = (answers: Readonly<Record<string, string>>): Get => {
  return (path) => Promise.resolve({ read: true, value: answers[path] ?? items() });
};

const read = (get: Get) => ofMetallb(get, "metallb-system", []);

describe("what the doctor reads of MetalLB", () => {
  it.each([
    ["the chart", BY_CHART, { "app.kubernetes.io/component": "speaker" }],
    ["the plain manifests", BY_MANIFEST, { app: "metallb", component: "speaker" }],
  ])("are the pods of %s, and the sessions that its speakers tell of", async (_whose, path, labels) => {
    const metrics = 'metallb_bgp_session_up{foo="bar",peer="192.168.1.1:179"} 0\n';
    const { metallbPods, bgpSessions } = await read(
      cluster({
        [path]: items({ name: "speaker-a", labels }),
        [PEERS]: items({ name: "router" }),
        [`${PODS}/speaker-a:7472/proxy/metrics`]: metrics,
      }),
    );
    expect(metallbPods).toMatchObject({ read: true, value: [{ metadata: { name: "speaker-a" } }] });
    expect(bgpSessions).toEqual({
      read: true,
      value: [{ speaker: "speaker-a", peer: "192.168.1.1:179", up: false }],
    });
  });

  it("says that the pods may not be read where that is so", async () => {
    const refused: Get = () => Promise.resolve(failed("no right", true));
    expect((await read(refused)).metallbPods).toMatchObject({ read: false, forbidden: true });
  });
});
