import { expect, it } from "vitest";
import { CONFIG, runProgram } from "./testing.ts";

it.each([
  ["on networks of their own", {}],
  ["on the nodes' network", { detection: { hostNetwork: true } }],
])("lets pods %s ask for names outside the cluster before the search domains", async (_name, config) => {
  const program = await runProgram({ ...CONFIG, ...config });
  for (const kind of ["DaemonSet", "Deployment"]) {
    expect(program.one(`kubernetes:apps/v1:${kind}`).inputs.spec).toMatchObject({
      template: { spec: { dnsConfig: { options: [{ name: "ndots", value: "1" }] } } },
    });
  }
});
