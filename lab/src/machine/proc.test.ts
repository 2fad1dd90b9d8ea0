import { expect, it } from "vitest";
import { environmentOf, isAlive, parseStat, processOf } from "./proc.ts";

const line = (name: string, state: string) =>
  `4242 (${name}) ${state} 1 4242 4242 0 -1 4194560 100 0 0 0 1 2 0 0 20 0 1 0 987654 1000 200 18446744073709551615`;

it("reads id and start time whatever the process calls itself", () => {
  const expected = { pid: 4242, startTime: "987654" };
  expect(parseStat(line("etcd", "S"))).toEqual(expected);
  expect(parseStat(line("a ) S 1 (b", "R"))).toEqual(expected);
});

it("takes a process that is only not yet reaped for dead", () => {
  expect(parseStat(line("etcd", "Z"))).toBeUndefined();
});

it.each(["", "4242", "4242 (etcd) S 1"])("knows no process by %j", (text) => {
  expect(parseStat(text)).toBeUndefined();
});

it("a process that has another's id but started at another time is not that one", () => {
  const own = processOf(process.pid);
  expect(own).toBeDefined();
  if (own === undefined) return;
  expect(isAlive(own)).toBe(true);
  expect(isAlive({ ...own, startTime: "1" })).toBe(false);
});

it("reads what a process was started with", () => {
  expect(environmentOf(process.pid, "PATH")).toContain("/");
  expect(environmentOf(process.pid, "ESDDNS_NOT_THERE")).toBeUndefined();
});
