import type { PolicyRule } from "@esddns/common/api";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

export interface AccountArgs {
  /** The name of the service account. */
  readonly account: string;
  readonly namespace: pulumi.Input<string>;
  /** Rights in the namespace. */
  readonly rules: readonly PolicyRule[];
  /** Rights in the whole cluster. `prefix` tells the stacks of one cluster apart. */
  readonly cluster?: { readonly prefix: string; readonly rules: readonly PolicyRule[] };
}

/** Creates a service account with its roles and their bindings. Returns everything that a pod must wait for. */
export function serviceAccount(
  name: string,
  { account, namespace, rules, cluster }: AccountArgs,
  options: pulumi.CustomResourceOptions,
): { name: pulumi.Output<string>; rights: pulumi.Resource[] } {
  const metadata = { name: account, namespace };
  const resource = new k8s.core.v1.ServiceAccount(name, { metadata }, options);
  const subjects = [{ kind: "ServiceAccount", name: resource.metadata.name, namespace }];
  const role = new k8s.rbac.v1.Role(name, { metadata, rules: writable(rules) }, options);
  const binding = new k8s.rbac.v1.RoleBinding(
    name,
    { metadata, subjects, roleRef: { apiGroup: RBAC, kind: "Role", name: role.metadata.name } },
    options,
  );
  return {
    name: resource.metadata.name,
    rights: [binding, ...(cluster ? [clusterBinding(name, account, cluster, subjects, options)] : [])],
  };
}

/**
 * Grants an account rights in another namespace. The role has the name of the account's namespace, because several
 * stacks may add one.
 */
export function rightsElsewhere(
  name: string,
  args: {
    readonly account: pulumi.Output<string>;
    readonly namespace: pulumi.Output<string>;
    readonly target: pulumi.Input<string>;
    readonly rules: readonly PolicyRule[];
  },
  options: pulumi.CustomResourceOptions,
): k8s.rbac.v1.RoleBinding {
  const metadata = { name: pulumi.interpolate`${args.namespace}-${args.account}`, namespace: args.target };
  const role = new k8s.rbac.v1.Role(name, { metadata, rules: writable(args.rules) }, options);
  const subjects = [{ kind: "ServiceAccount", name: args.account, namespace: args.namespace }];
  const roleRef = { apiGroup: RBAC, kind: "Role", name: role.metadata.name };
  return new k8s.rbac.v1.RoleBinding(name, { metadata, subjects, roleRef }, options);
}

const RBAC = "rbac.authorization.k8s.io";

function clusterBinding(
  name: string,
  account: string,
  { prefix, rules }: NonNullable<AccountArgs["cluster"]>,
  subjects: k8s.types.input.rbac.v1.Subject[],
  options: pulumi.CustomResourceOptions,
): k8s.rbac.v1.ClusterRoleBinding {
  const metadata = { name: `${prefix}-${account}` };
  const role = new k8s.rbac.v1.ClusterRole(name, { metadata, rules: writable(rules) }, options);
  const roleRef = { apiGroup: RBAC, kind: "ClusterRole", name: role.metadata.name };
  return new k8s.rbac.v1.ClusterRoleBinding(name, { metadata, subjects, roleRef }, options);
}

function writable(rules: readonly PolicyRule[]): PolicyRule[] {
  return rules.map((rule) => ({ ...rule }));
}
