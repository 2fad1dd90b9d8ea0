/** What the program makes, against the tables of every right, port, way out, mount and policy. */
import { rootCertificates } from "node:tls";
import type * as k8s from "@pulumi/kubernetes";
import type { PolicyRule } from "@esddns/common/api";
import { beforeAll, describe, expect, it } from "vitest";
import { CONFIG, plain, runProgram, type ProgramRun } from "./testing.ts";
import {
  admission,
  ALLOWED_NETWORK,
  confinement,
  egress,
  levels,
  mounted,
  NAMESPACE,
  NOTIFIED,
  ports,
  rights,
  ROUTER,
  SERVICE,
  SERVICE_NAMESPACE,
  services,
  type App,
  type Feature,
} from "./rightsTable.ts";

type PodSpec = k8s.types.output.core.v1.PodSpec;
type Policy = k8s.types.output.networking.v1.NetworkPolicySpec;
type ServiceSpec = k8s.types.output.core.v1.ServiceSpec;

const RBAC = "kubernetes:rbac.authorization.k8s.io/v1";
const WORKLOADS: Readonly<Record<App, string>> = {
  "esddns-operator": "kubernetes:apps/v1:DaemonSet",
  "esddns-service": "kubernetes:apps/v1:Deployment",
};
const apps = Object.keys(WORKLOADS) as App[];

/** The parts of the config by which each feature is on. */
const ON: Readonly<Record<Feature, Readonly<Record<string, unknown>>>> = {
  push: { push: { enabled: true } },
  notify: { notify: [{ name: "phone", type: "ntfy", url: `https://${NOTIFIED}/topic` }] },
  router: { detection: { router: ROUTER } },
  allowNonGlobal: { detection: { allowNonGlobal: [ALLOWED_NETWORK] } },
  hostNetwork: { detection: { hostNetwork: true } },
  ca: { extraCaCertificates: rootCertificates[0] },
  serviceMonitor: { monitoring: { monitor: "ServiceMonitor", rules: true, dashboard: true } },
  service: {
    records: [
      {
        zone: "example.com",
        name: "web",
        source: { kind: "Service", service: { namespace: SERVICE_NAMESPACE, name: SERVICE } },
      },
    ],
  },
};

const variants: readonly (readonly Feature[])[] = [[], ...(Object.keys(ON) as Feature[]).map((feature) => [feature])];

describe.each(variants.map((on) => [on.join() || "no feature", on] as const))("with %s", (_, on) => {
  let program: ProgramRun;
  beforeAll(async () => {
    program = await runProgram(on.reduce((config, feature) => ({ ...config, ...ON[feature] }), CONFIG));
  }, 60_000);
  const applies = (line: { readonly with?: Feature }) => line.with === undefined || on.includes(line.with);

  it("the accounts have these rights and no others", () => {
    const wanted = rights
      .filter(applies)
      .map(({ app, where, group, resource, names, verbs }) => [app, where, group, resource, names, verbs].join(" | "));
    expect(rightsOf(program)).toEqual(wanted.sort());
  });

  it("the pods listen on these ports, and the NetworkPolicies let others in to no more", () => {
    for (const app of apps) {
      const wanted = ports.filter((line) => line.app === app && applies(line));
      const [container] = podOf(program, app).containers;
      const listening = (container?.ports ?? []).map(({ containerPort, name, protocol, hostPort }) => [
        containerPort,
        name,
        protocol,
        hostPort,
      ]);
      expect(listening).toEqual(wanted.map(({ port, name }) => [port, name, "TCP", undefined]));
      const open = wanted.filter(({ from }) => from === "everybody");
      expect(policyOf(program, app).ingress).toEqual([{ ports: open.map(({ port }) => ({ protocol: "TCP", port })) }]);
    }
  });

  it("the Services show these ports and no others", () => {
    const made = owned(program, "kubernetes:core/v1:Service").map(({ inputs }) => {
      const { type, clusterIP, selector, ports: all } = inputs.spec as ServiceSpec;
      return [
        inputs.metadata?.name,
        clusterIP === "None" ? "headless" : type,
        selector,
        all.map(({ port, targetPort }) => [port, targetPort]),
      ];
    });
    const wanted = services
      .filter(applies)
      .map(({ service, type, app, port, target }) => [service, type, selectorOf(app), [[port, target]]]);
    expect(made).toEqual(expect.arrayContaining(wanted));
    expect(made).toHaveLength(wanted.length);
  });

  it("the NetworkPolicies let the pods out to these places and no others", () => {
    expect(owned(program, "kubernetes:networking.k8s.io/v1:NetworkPolicy")).toHaveLength(apps.length);
    for (const app of apps) {
      const policy = policyOf(program, app);
      expect([...policy.policyTypes].sort()).toEqual(["Egress", "Ingress"]);
      const wanted = egress
        .filter((line) => line.app === app && applies(line))
        .map(({ to, except, ports: numbers }) => [to, except, numbers].join(" | "));
      expect(egressOf(policy)).toEqual(wanted.sort());
    }
  });

  it("the pods mount these files and no others, read-only", () => {
    for (const app of apps) {
      const wanted = mounted
        .filter((line) => line.app === app && applies(line))
        .map(({ path, source, mode }) => [path, source, mode].join(" | "));
      expect(mountsOf(podOf(program, app))).toEqual(wanted.sort());
    }
  });

  it("the pods are confined as the table says, and in nothing less", () => {
    for (const app of apps) {
      const pod = podOf(program, app);
      expect(pod.containers).toHaveLength(1);
      expect(pod).not.toHaveProperty("initContainers");
      const [container] = pod.containers;
      const fields = { securityContext: pod.securityContext, enableServiceLinks: pod.enableServiceLinks };
      const { securityContext, resources } = container as PodSpec["containers"][0];
      expect(flat({ ...fields, container: { securityContext, resources } })).toEqual(confinement);
      expect(pod).toHaveProperty("serviceAccountName", app);
      const shared = ["hostPID", "hostIPC", "shareProcessNamespace"].filter((field) => field in pod);
      expect(shared).toEqual([]);
      expect("hostNetwork" in pod).toBe(app === "esddns-operator" && on.includes("hostNetwork"));
    }
  });

  it("the namespaces enforce these levels", () => {
    const made = owned(program, "kubernetes:core/v1:Namespace").map(({ inputs }) => [
      inputs.metadata?.name,
      inputs.metadata?.labels?.["pod-security.kubernetes.io/enforce"],
    ]);
    const last = new Map(levels.filter(applies).map(({ namespace, level }) => [namespace, level]));
    expect(made.sort()).toEqual([...last].sort());
  });

  it("the admission policies refuse what the table says", () => {
    const type = "kubernetes:admissionregistration.k8s.io/v1";
    const policies = owned(program, `${type}:ValidatingAdmissionPolicy`).map(({ inputs }) => admissionOf(inputs));
    expect(policies).toEqual(admission);
    const bindings = owned(program, `${type}:ValidatingAdmissionPolicyBinding`).map(({ inputs }) => inputs.spec);
    expect(bindings).toEqual(
      admission.map(({ policy }) => ({
        policyName: policy,
        validationActions: ["Deny"],
        matchResources: { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": NAMESPACE } } },
      })),
    );
  });
});

type Resource = ProgramRun["resources"][number];

/** Those of a type that the program makes, without what it only reads. */
function owned({ resources }: ProgramRun, type: string): Resource[] {
  return resources
    .filter((resource) => resource.type === type && resource.readId === undefined)
    .map((resource) => ({ ...resource, inputs: plain(resource.inputs) as Resource["inputs"] }));
}

interface Binding {
  readonly subjects: readonly { readonly kind: string; readonly name: string; readonly namespace: string }[];
  readonly roleRef: { readonly kind: string; readonly name: string };
}

/** Every right of every account, by the bindings; a role that nothing binds is an error. */
function rightsOf(program: ProgramRun): string[] {
  const lines: string[] = [];
  for (const kind of ["Role", "ClusterRole"]) {
    const roles = owned(program, `${RBAC}:${kind}`);
    const bindings = owned(program, `${RBAC}:${kind}Binding`);
    expect(bindings).toHaveLength(roles.length);
    for (const { inputs: binding } of bindings) {
      const { subjects, roleRef } = binding as unknown as Binding;
      const where = binding.metadata?.namespace;
      const role = roles.find(
        ({ inputs: { metadata } }) => metadata?.name === roleRef.name && metadata.namespace === where,
      );
      expect(roleRef.kind).toBe(kind);
      expect(subjects).toEqual([{ kind: "ServiceAccount", name: expect.any(String) as string, namespace: NAMESPACE }]);
      const rules = role?.inputs.rules ?? [];
      lines.push(...rules.flatMap((rule) => linesOf(subjects[0]?.name ?? "", where ?? "every namespace", rule)));
    }
  }
  return lines.sort();
}

function linesOf(app: string, where: string, { apiGroups, resources, resourceNames, verbs, ...rest }: PolicyRule) {
  // Rights beside resources (nonResourceURLs) would be here.
  expect(rest).toEqual({});
  const names = resourceNames === undefined ? "any" : resourceNames.join(", ");
  return apiGroups.flatMap((group) =>
    resources.map((resource) => [app, where, group || "core", resource, names, verbs.join(", ")].join(" | ")),
  );
}

function selectorOf(app: App | "both"): object {
  return app === "both" ? { "app.kubernetes.io/part-of": "esddns" } : { app };
}

function podOf(program: ProgramRun, app: App): PodSpec {
  const [workload] = owned(program, WORKLOADS[app]);
  return (workload?.inputs.spec as { template: { spec: PodSpec } }).template.spec;
}

function policyOf(program: ProgramRun, app: App): Policy {
  const found = owned(program, "kubernetes:networking.k8s.io/v1:NetworkPolicy")
    .map(({ inputs }) => inputs.spec as Policy)
    .filter(({ podSelector }) => JSON.stringify(podSelector) === JSON.stringify({ matchLabels: { app } }));
  expect(found).toHaveLength(1);
  return found[0] as Policy;
}

/** A rule without `to` leads everywhere, one without ports to every port. Selectors of pods are in no rule. */
function egressOf(policy: Policy): string[] {
  return policy.egress
    .flatMap(({ to, ports: numbers }) => {
      const named = (numbers as typeof numbers | undefined)?.map(({ protocol, port }) => `${protocol} ${String(port)}`);
      const places = (to as typeof to | undefined)?.map(({ ipBlock, ...rest }) => {
        expect(rest).toEqual({});
        return [ipBlock.cidr, ((ipBlock.except as string[] | undefined) ?? []).join(", ")] as const;
      });
      return (places ?? [["everywhere", ""]]).map((place) => [...place, named?.join(", ") ?? "any"].join(" | "));
    })
    .sort();
}

interface Volume {
  readonly name: string;
  readonly secret?: { readonly secretName: string; readonly defaultMode?: number };
  readonly configMap?: { readonly name: string; readonly defaultMode?: number };
}

function mountsOf(pod: PodSpec): string[] {
  const volumes = (pod.volumes as readonly Volume[] | undefined) ?? [];
  const mounts = pod.containers[0]?.volumeMounts ?? [];
  expect(mounts.map(({ name }) => name)).toEqual(volumes.map(({ name }) => name));
  return mounts
    .map(({ name, mountPath, readOnly }) => {
      expect(readOnly).toBe(true);
      const { secret, configMap, ...rest } = volumes.find((volume) => volume.name === name) ?? { name };
      expect(rest).toEqual({ name });
      const source = secret ? `Secret ${secret.secretName}` : `ConfigMap ${configMap?.name ?? ""}`;
      const mode = (secret ?? configMap)?.defaultMode ?? 0o644;
      return [mountPath, source, mode.toString(8).padStart(4, "0")].join(" | ");
    })
    .sort();
}

/** Leaves by their paths; a list counts as a leaf. */
function flat(value: unknown, path = ""): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return { [path]: value };
  return Object.assign(
    {},
    ...Object.entries(value).map(([key, each]) => flat(each, path === "" ? key : `${path}.${key}`)),
  ) as Record<string, unknown>;
}

function admissionOf({ metadata, spec }: Resource["inputs"]) {
  const { failurePolicy, matchConstraints, matchConditions, validations, variables } =
    spec as k8s.types.output.admissionregistration.v1.ValidatingAdmissionPolicySpec;
  expect(failurePolicy).toBe("Fail");
  expect(matchConstraints.resourceRules).toHaveLength(1);
  const [rule] = matchConstraints.resourceRules;
  expect(matchConditions).toHaveLength(1);
  const account = /^request\.userInfo\.username == '(.+)'$/.exec(matchConditions[0]?.expression ?? "")?.[1];
  expect(variables).toEqual([
    {
      name: "node",
      expression: "request.userInfo.extra[?'authentication.kubernetes.io/node-name'][0].orValue('')",
    },
  ]);
  return {
    policy: metadata?.name,
    about: `${rule?.apiGroups.join() ?? ""}/${rule?.apiVersions.join() ?? ""} ${rule?.resources.join(", ") ?? ""}`,
    operations: rule?.operations.join(", "),
    account,
    must: validations.map(({ expression }) => expression),
  };
}
