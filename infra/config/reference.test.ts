import { expect, it } from "vitest";
import { entriesOf, isKnown } from "./reference.ts";
import { labelSelector } from "./values/selectors.ts";
import { keys } from "./schema.ts";

it("says something of every key that a config can hold", () => {
  const silent = Object.entries({ ...keys, selector: labelSelector }).flatMap(([key, schema]) =>
    entriesOf(schema).flatMap(({ path, description }) => (description === "" ? [`${key}.${path}`] : [])),
  );
  expect(silent).toEqual([]);
});

it("tells what must be written from what has a default, with its type", () => {
  const pools = new Map(entriesOf(keys.pools).map((entry) => [entry.path, entry]));
  expect(pools.get("name")).toMatchObject({ type: "text", fallback: "required" });
  expect(pools.get("priority")).toMatchObject({ type: "number, 0 to 1000000", fallback: "`0`" });
  expect(pools.get("namespaceSelectors")?.type).toContain("label selectors");
  expect(entriesOf(keys.bgp).map(({ path }) => path)).toContain("peers[].bfd.receiveInterval");
  expect(entriesOf(keys.dryRun)).toEqual([]);
});

it("knows the keys by their paths", () => {
  for (const path of [
    "metallb.namespace",
    "pools[0].addresses",
    "bgp.peers[].name",
    "metallb.values.speaker.frr",
    "l2",
  ])
    expect(isKnown(path)).toBe(true);
  for (const path of ["metalb", "metallb.namespaces", "pools[0].address", "dryRun.x"])
    expect(isKnown(path)).toBe(false);
});
