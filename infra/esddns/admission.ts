import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

/** The node of the pod that the token is bound to. Always set from Kubernetes 1.32 on, by default from 1.30. */
const NODE_OF_TOKEN = "request.userInfo.extra[?'authentication.kubernetes.io/node-name'][0].orValue('')";

/**
 * Lets each pod write only the observation of its own node: rights by role cannot tell the pods of a DaemonSet apart. A
 * token that is not bound to a pod on a node may write none. Each stack has one policy for its own namespace and
 * account. It does not restrict what other accounts may write.
 */
export function observationPolicy(
  name: string,
  { namespace, account }: { readonly namespace: pulumi.Output<string>; readonly account: pulumi.Output<string> },
  options: pulumi.CustomResourceOptions,
): void {
  const metadata = { name: pulumi.interpolate`${namespace}-observations` };
  const policy = new k8s.admissionregistration.v1.ValidatingAdmissionPolicy(
    name,
    {
      metadata,
      spec: {
        failurePolicy: "Fail",
        matchConstraints: {
          resourceRules: [
            {
              apiGroups: ["esddns.io"],
              apiVersions: ["*"],
              operations: ["CREATE", "UPDATE"],
              resources: ["wanobservations"],
            },
          ],
        },
        matchConditions: [
          {
            name: "operator",
            expression: pulumi.interpolate`request.userInfo.username == 'system:serviceaccount:${namespace}:${account}'`,
          },
        ],
        variables: [{ name: "node", expression: NODE_OF_TOKEN }],
        validations: [
          {
            expression: "variables.node != '' && object.metadata.name == variables.node",
            messageExpression:
              "'a pod on ' + (variables.node == '' ? 'no node' : variables.node) + ' may not write the WanObservation of ' + object.metadata.name",
            message: "a pod may write the WanObservation of its own node alone",
          },
          {
            expression: "object.nodeName == object.metadata.name",
            message: "nodeName must be the name of the WanObservation",
          },
        ],
      },
    },
    options,
  );
  new k8s.admissionregistration.v1.ValidatingAdmissionPolicyBinding(
    name,
    {
      metadata,
      spec: {
        policyName: policy.metadata.name,
        validationActions: ["Deny"],
        matchResources: { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } } },
      },
    },
    options,
  );
}
