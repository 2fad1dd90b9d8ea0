import { expect, it } from "vitest";
import { evaluateLive, type Live } from "./live.ts";

const condition = (type: string, status: string, message = "") => ({ type, status, reason: "", message });
const well: Live = {
  ips: ["192.168.1.100"],
  page: { url: "http://192.168.1.100/", answer: 200 },
  wan: { ipv4: "198.51.100.20", conditions: [condition("Ready", "True")] },
  records: [
    { metadata: { name: "home" }, spec: { dryRun: false }, status: { conditions: [condition("Synced", "True")] } },
  ],
};

it("is content with a page that answers, a known address and synced records", () => {
  expect(evaluateLive(well).map(({ text }) => text)).toEqual([
    "The page answers at http://192.168.1.100/",
    "The WAN address is 198.51.100.20",
    "The record home is in step with Gandi",
  ]);
  expect(evaluateLive(well).every((check) => check.well)).toBe(true);
});

it("says of each what is wrong, in the operator's own words", () => {
  const ill = evaluateLive({
    ips: ["192.168.1.100"],
    page: { url: "http://192.168.1.100/", answer: "connect ECONNREFUSED" },
    wan: { conditions: [condition("Ready", "False", "Fewer than 2 organisations agree")] },
    records: [
      {
        metadata: { name: "home" },
        spec: { dryRun: false },
        status: { conditions: [condition("Synced", "False", "Gandi has no zone example.com")] },
      },
      { metadata: { name: "planned" }, spec: { dryRun: true }, status: { conditions: [] } },
    ],
  });
  expect(ill).toEqual([
    { well: false, text: "The page at http://192.168.1.100/ does not: connect ECONNREFUSED" },
    { well: false, text: "The WAN address is not known yet: Fewer than 2 organisations agree" },
    { well: false, text: "The record home is not in step with Gandi: Gandi has no zone example.com" },
    { well: true, text: "The record planned is only planned (dryRun)" },
  ]);
});

it("does not take an address for known while the operator says it is not ready", () => {
  expect(evaluateLive({ ...well, wan: { ipv4: "198.51.100.20", conditions: [] } })[1]).toMatchObject({ well: false });
});
