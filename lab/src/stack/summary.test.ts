import { expect, test } from "vitest";
import { summaryText } from "./summary.ts";

const stack = {
  statusUrl: "http://192.168.1.100/",
  namespace: "esddns-development",
  records: [{ fqdn: "home.example.com", type: "A" }],
};

test("says how to reach the page and how to dig the record", () => {
  const summary = summaryText(stack, []);
  expect(summary).toContain("npm run lab -- exec client curl -s http://192.168.1.100/\n");
  expect(summary).toContain("dig +short @203.0.113.41 home.example.com A\n");
});

test("names each stand-in, and Gandi's always", () => {
  expect(summaryText(stack, ["pulumi-resource-kubernetes"])).toContain("pulumi-resource-kubernetes is a stand-in");
  expect(summaryText(stack, [])).toContain("api.gandi.net is a stand-in");
});
