import { expect, test } from "vitest";
import type { WanObservation } from "@esddns/common/api";
import { votes } from "../decide/testing.ts";
import { type KnownWan, nodeAddress } from "./nodeAddress.ts";

const now = Date.parse("2026-03-01T12:00:00Z");
const wan: KnownWan = { ipv6Prefix: "2001:db8:100::/64" };
const rules = { quorum: 2 };

function observation(nodeName: string, text: string, ageMs = 0): WanObservation {
  return { nodeName, observedAt: new Date(now - ageMs).toISOString(), validForSeconds: 660, votes: votes(text) };
}

const seen = (address: string): string => `Google:${address} !ipify:${address}`;

test("it is the one that the named node is seen with, not another node's", () => {
  const observations = [observation("node1", seen("2001:db8:100::11")), observation("node2", seen("2001:db8:100::12"))];
  expect(nodeAddress("node2", observations, wan, rules, now)).toEqual({ address: "2001:db8:100::12" });
});

test("with several uplinks it may lie in any of the agreed prefixes", () => {
  const observations = [observation("node1", seen("2001:db8:200::11"))];
  const both = { ...wan, ipv6Prefixes: ["2001:db8:100::/64", "2001:db8:200::/64"] };
  expect(nodeAddress("node1", observations, both, rules, now)).toEqual({ address: "2001:db8:200::11" });
});

test.each<[string, WanObservation[], KnownWan | undefined, RegExp]>([
  ["before a prefix is agreed on", [observation("node1", seen("2001:db8:100::11"))], {}, /prefix is not known/],
  ["outside the agreed prefix", [observation("node1", seen("2001:db8:200::11"))], wan, /lies outside/],
  ["of a node that nobody knows", [observation("node2", seen("2001:db8:100::12"))], wan, /check the name/],
  ["that is too old", [observation("node1", seen("2001:db8:100::11"), 660_000)], wan, /nothing lately/],
  ["that one organisation alone tells", [observation("node1", "!ipify:2001:db8:100::11")], wan, /no one IPv6 address/],
  [
    "that nobody tells over an authenticated channel",
    [observation("node1", "Google:2001:db8:100::11 Twilio:2001:db8:100::11")],
    wan,
    /no one IPv6 address/,
  ],
  [
    "of which two are told",
    [observation("node1", "Google:2001:db8:100::11 !ipify:2001:db8:100::12")],
    wan,
    /no one IPv6 address/,
  ],
])("an address %s is none", (_what, observations, known, problem) => {
  expect(nodeAddress("node1", observations, known, rules, now)).toEqual({
    problem: expect.stringMatching(problem) as string,
  });
});
