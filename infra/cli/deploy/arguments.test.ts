import { expect, it } from "vitest";
import { parseDeploy } from "./arguments.ts";

it.each([
  ["192.168.1.100/32"],
  ["192.168.1.100-192.168.1.110"],
  ["10.0.0.100/28"],
  ["192.168.1.100-192.168.1.110", "fd00::100-fd00::110"],
])("takes a range as the guide writes it: %s %s", (...ranges) => {
  expect(parseDeploy(["production", ...ranges])).toEqual({
    kind: "deploy",
    request: {
      stack: "production",
      ranges,
      image: undefined,
      adopt: false,
      takeOver: false,
      yes: false,
      waitSeconds: 120,
    },
  });
});

it("names every wrong word at once, and what would be right", () => {
  const argv = ["pro duction", "192.168.1.110-192.168.1.100", "--ajopt", "--wait=soon", "--image", "esddns:latest"];
  const parsed = parseDeploy(argv);
  expect(parsed.kind === "wrong" ? parsed.problems : []).toEqual([
    '--ajopt: there is no such option. Did you mean "--adopt"?',
    expect.stringMatching(/^STACK: "pro duction" is not the name of a stack/),
    expect.stringMatching(/^RANGE: "192.168.1.110-192.168.1.100" .*\. /),
    expect.stringMatching(/^--image: .*Write name@sha256:/),
    expect.stringMatching(/^--wait: takes whole seconds/),
  ]);
});

it("says that the stack is missing", () => {
  expect(parseDeploy(["--yes"])).toMatchObject({
    kind: "wrong",
    problems: [expect.stringMatching(/^STACK: is missing/)],
  });
});

it.each([["--help"], ["-h", "production"]])("explains itself: %s", (...argv) => {
  expect(parseDeploy(argv)).toEqual({ kind: "help" });
});

it("takes its options in any place, and stacks of an organization", () => {
  const parsed = parseDeploy(["-y", "acme/esddns/production", "--adopt", "--wait", "5", "--take-over"]);
  expect(parsed).toMatchObject({
    kind: "deploy",
    request: { stack: "acme/esddns/production", yes: true, adopt: true, takeOver: true, waitSeconds: 5 },
  });
});
