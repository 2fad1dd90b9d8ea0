import { expect, test } from "vitest";
import { contains, detailedDiff, parsePath, pathText } from "./diff.ts";
import { unknown } from "./values.ts";

test("differences are named leaf by leaf", () => {
  const olds = { a: 1, b: { "x.y": "1", z: [1, 2] }, gone: { deep: true }, same: null };
  const news = { a: 2, b: { "x.y": unknown, z: [1, 3, 4] }, added: {} };
  expect(detailedDiff(olds, news)).toEqual({
    a: { kind: "UPDATE" },
    'b["x.y"]': { kind: "UPDATE" },
    "b.z[1]": { kind: "UPDATE" },
    "b.z[2]": {},
    gone: { kind: "DELETE" },
    added: {},
  });
});

test("fields that cannot change ask for a replacement", () => {
  const diff = detailedDiff(
    { spec: { a: 1, b: 1 } },
    { spec: { a: 2, b: 2, c: 3 } },
    {
      replaces: (path) => ["a", "c"].includes(String(path[1])),
    },
  );
  expect(diff).toEqual({
    "spec.a": { kind: "UPDATE_REPLACE" },
    "spec.b": { kind: "UPDATE" },
    "spec.c": { kind: "ADD_REPLACE" },
  });
});

test.each([["spec.ports[0].port"], ['metadata.annotations["pulumi.com/waitFor"]'], ["a"]])(
  "%s is read as it is written",
  (text) => {
    expect(pathText(parsePath(text))).toBe(text);
  },
);

test("a path contains what lies below it, and a star any step", () => {
  expect(contains(parsePath("spec"), ["spec", "a"])).toBe(true);
  expect(contains(parsePath("spec.list[*].a"), ["spec", "list", 3, "a"])).toBe(true);
  expect(contains(parsePath("spec.a"), ["spec"])).toBe(false);
});
