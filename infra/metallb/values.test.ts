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

it("lets the controller run where the operator may, unless the user's values say where", () => {
  const tolerations = [{ key: "a" }];
  expect(chartValues({}, "x", tolerations)).toMatchObject({ controller: { tolerations, labels: { app: "metallb" } } });
  expect(chartValues({}, "x")["controller"]).not.toHaveProperty("tolerations");
  const own = { controller: { tolerations: [] } };
  expect(chartValues(own, "x", tolerations)).toMatchObject(own);
});
