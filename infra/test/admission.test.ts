import { expect, it } from "vitest";
import { CONFIG, runProgram } from "./testing.ts";

const GROUP = "kubernetes:admissionregistration.k8s.io/v1";

it("lets each operator pod write the observation of its own node alone, in the stack's own namespace", async () => {
  const program = await runProgram(CONFIG);
  const policy = program.one(`${GROUP}:ValidatingAdmissionPolicy`).inputs;
  expect(policy).toMatchObject({
    metadata: { name: "esddns-production-observations" },
    spec: {
      failurePolicy: "Fail",
      matchConstraints: {
        resourceRules: [{ apiGroups: ["esddns.io"], operations: ["CREATE", "UPDATE"], resources: ["wanobservations"] }],
      },
      matchConditions: [
        { expression: "request.userInfo.username == 'system:serviceaccount:esddns-production:esddns-operator'" },
      ],
      variables: [
        {
          name: "node",
          expression: "request.userInfo.extra[?'authentication.kubernetes.io/node-name'][0].orValue('')",
        },
      ],
      validations: [
        { expression: "variables.node != '' && object.metadata.name == variables.node" },
        { expression: "object.nodeName == object.metadata.name" },
      ],
    },
  });
  expect(program.one(`${GROUP}:ValidatingAdmissionPolicyBinding`).inputs.spec).toEqual({
    policyName: "esddns-production-observations",
    validationActions: ["Deny"],
    matchResources: { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "esddns-production" } } },
  });
});
