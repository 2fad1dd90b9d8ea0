import { expect, test } from "vitest";
import { fqdn, nameProblem, zoneProblem } from "./names.ts";

const long = `${"a".repeat(63)}.`.repeat(3);

test.each(["example.com", "Example.COM", "a.b.example.co.uk", "xn--bcher-kva.example", "_x.example.com"])(
  "%s is a zone",
  (zone) => {
    expect(zoneProblem(zone)).toBeUndefined();
  },
);

test.each([
  ["", "two labels"],
  ["com", "two labels"],
  ["example.com.", "dot at the end"],
  ["example..com", "not a label"],
  ["-a.example.com", "not a label"],
  ["a-.example.com", "not a label"],
  ["example.com/../x", "not a label"],
  ["exa mple.com", "not a label"],
  ["example.com\n", "not a label"],
  ["bücher.example", "xn--"],
  [`${"a".repeat(64)}.com`, "not a label"],
  [`${long}${long}com`, "253"],
])("%j is no zone", (zone, problem) => {
  expect(zoneProblem(zone)).toContain(problem);
});

test.each(["@", "*", "home", "a.b", "*.apps", "_acme-challenge", "xn--bcher-kva", "1"])("%s is a name", (name) => {
  expect(nameProblem(name, "example.com")).toBeUndefined();
});

test.each([
  ["", "not a label"],
  ["home.", "dot at the end"],
  ["a..b", "not a label"],
  ["a.*", "not a label"],
  ["*a", "not a label"],
  ["*.", "dot at the end"],
  ["@.a", "not a label"],
  ["a/b", "not a label"],
  ["..", "dot at the end"],
  [`${long}${"a".repeat(60)}`, "longer"],
])("%j is no name", (name, problem) => {
  expect(nameProblem(name, "example.com")).toContain(problem);
});

test("the fully qualified name is in lower case, and the zone itself at the apex", () => {
  expect(fqdn("Example.com", "@")).toBe("example.com");
  expect(fqdn("example.com", "Home")).toBe("home.example.com");
  expect(fqdn("example.com", "*")).toBe("*.example.com");
});
