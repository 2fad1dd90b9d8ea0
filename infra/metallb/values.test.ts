import { expect, it } from "vitest";
import { chartValues } from "./values.ts";

it("lays the user's values over the defaults, object by object", () => {
  const values = chartValues(
    { speaker: { ignoreExcludeLB: true, tolerations: [] }, frrk8s: { enabled: true } },
    "esddns-production",
  );
  expect(values).toMatchObject({
    controller: { labels: { app: "metallb", "esddns.io/owner": "esddns-production" } },
    speaker: { ignoreExcludeLB: true, tolerations: [], frr: { enabled: false }, labels: { component: "speaker" } },
    frrk8s: { enabled: true },
  });
});
