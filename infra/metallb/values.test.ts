import { expect, it } from "vitest";
import { chartValues } from "./values.ts";

it("lays the user's values over the defaults, object by object", () => {
  const values = chartValues({ speaker: { ignoreExcludeLB: true, tolerations: [] }, frrk8s: { enabled: true } });
  expect(values).toMatchObject({
    controller: { labels: { app: "metallb" } },
    speaker: { ignoreExcludeLB: true, tolerations: [], frr: { enabled: false }, labels: { component: "speaker" } },
    frrk8s: { enabled: true },
  });
});
