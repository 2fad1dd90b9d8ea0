import { describe, expect, it } from "vitest";
import { failedRead, type Get } from "@esddns/common/cluster";
import { ofMetallb } from "./metallbReads.ts";

const PODS = "/api/v1/namespaces/metallb-system/pods";
const BY_CHART = `${PODS}?labelSelector=app.kubernetes.io%2Fname%3Dmetallb`;
const BY_MANIFEST = `${PODS}?labelSelector=app%3Dmetallb`;
const PEERS = "/apis/metallb.io/v1beta2/namespaces/metallb-system/bgppeers";

const items = (...all: { name: string; labels?: object }[]) =>
  JSON.stringify({ items: all.map((metadata) => ({ metadata })) });

/** Answers by path. Every other list is empty. */
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

  it.each<[string, Record<string, number>, Record<string, boolean>]>([
    ["stands", { "192.168.1.1": 0, "192.168.1.1:179": 1 }, { "192.168.1.1:179": true }],
    ["was lost", { "192.168.1.1": 0, "192.168.1.1:179": 0 }, { "192.168.1.1:179": false }],
    ["has never stood", { "192.168.1.1": 0 }, { "192.168.1.1": false }],
    [
      "is one of two, over IPv6",
      { "fd00::1": 0, "fd00::2": 0, "fd00::1:179": 1 },
      { "fd00::2": false, "fd00::1:179": true },
    ],
  ])("is one state for each session, however MetalLB 0.15 repeats it: one that %s", async (_name, told, expected) => {
    const lines = Object.entries(told).map(([peer, up]) => `metallb_bgp_session_up{peer="${peer}"} ${up}\n`);
    const { bgpSessions } = await read(
      cluster({
        [BY_MANIFEST]: items({ name: "speaker-a", labels: { component: "speaker" } }),
        [PEERS]: items({ name: "router" }),
        [`${PODS}/speaker-a:7472/proxy/metrics`]: lines.join(""),
      }),
    );
    if (!bgpSessions.read) expect.unreachable();
    expect(Object.fromEntries(bgpSessions.value.map(({ peer, up }) => [peer, up]))).toEqual(expected);
  });

  it("says that the pods may not be read where that is so", async () => {
    const refused: Get = () => Promise.resolve(failedRead("no right", "Forbidden"));
    expect((await read(refused)).metallbPods).toMatchObject({ read: false, reason: "Forbidden" });
  });
});
