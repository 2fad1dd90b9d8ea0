import { expect, it } from "vitest";
import { CONFIG, runProgram } from "./testing.ts";

it("puts the observers, and nothing else, on the nodes' network where that is asked for, as restricted as before", async () => {
  const program = await runProgram({ ...CONFIG, detection: { hostNetwork: true, router: "192.168.1.1" } });
  const daemon = program.one("kubernetes:apps/v1:DaemonSet").inputs.spec;
  expect(daemon).toMatchObject({
    template: {
      spec: {
        hostNetwork: true,
        dnsPolicy: "ClusterFirstWithHostNet",
        securityContext: { runAsNonRoot: true },
        containers: [{ securityContext: { capabilities: { drop: ["ALL"] }, readOnlyRootFilesystem: true } }],
      },
    },
  });
  expect(JSON.stringify(program.one("kubernetes:apps/v1:Deployment").inputs.spec)).not.toContain("hostNetwork");
  expect(program.one("kubernetes:core/v1:Namespace", "operator-namespace").inputs.metadata).toMatchObject({
    labels: { "pod-security.kubernetes.io/enforce": "privileged" },
  });
  expect(program.one("kubernetes:esddns.io/v1alpha1:WanAddress").inputs.spec).toMatchObject({
    hostNetwork: true,
    router: "192.168.1.1",
  });
});

it("leaves the nodes' network alone by default", async () => {
  const program = await runProgram(CONFIG);
  expect(JSON.stringify(program.one("kubernetes:apps/v1:DaemonSet").inputs.spec)).not.toContain("hostNetwork");
  expect(program.one("kubernetes:core/v1:Namespace", "operator-namespace").inputs.metadata).toMatchObject({
    labels: { "pod-security.kubernetes.io/enforce": "restricted" },
  });
});
