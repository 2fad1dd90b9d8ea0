import { beforeAll, describe, expect, it } from "vitest";
import { CONFIG, IMAGE, runProgram, TOKEN, type ProgramRun } from "./testing.ts";

let program: ProgramRun;
beforeAll(async () => {
  program = await runProgram(CONFIG);
});

const OPERATOR = "kubernetes:apps/v1:DaemonSet";
const PAGE = "kubernetes:apps/v1:Deployment";
const SERVICE = "kubernetes:core/v1:Service";
const WAN = "kubernetes:esddns.io/v1alpha1:WanAddress";
const RECORD = "kubernetes:esddns.io/v1alpha1:DnsRecord";
const POOL = "kubernetes:metallb.io/v1beta1:IPAddressPool";

describe("namespaces", () => {
  it("take what the pods need and no more", () => {
    expect(program.one("kubernetes:core/v1:Namespace", "metallb-namespace").inputs.metadata).toMatchObject({
      name: "metallb-system",
      labels: { "pod-security.kubernetes.io/enforce": "privileged" },
    });
    expect(program.one("kubernetes:core/v1:Namespace", "operator-namespace").inputs.metadata).toMatchObject({
      name: "esddns-production",
      labels: { "pod-security.kubernetes.io/enforce": "restricted" },
    });
  });
});

it("tells of both kinds of pods why they do not get ready", () => {
  expect(program.errorHooks).toMatchObject({
    "operator-daemon": ["operator-rollout"],
    "page-deployment": ["page-rollout"],
  });
});

describe("MetalLB", () => {
  it("is installed under its own name, pinned, without FRR", () => {
    expect(program.one("kubernetes:helm.sh/v3:Release").inputs).toMatchObject({
      name: "metallb",
      namespace: "metallb-system",
      chart: "metallb",
      version: "0.15.3",
      repositoryOpts: { repo: "https://metallb.github.io/metallb" },
      values: { speaker: { frr: { enabled: false }, labels: { component: "speaker" } }, frrk8s: { enabled: false } },
    });
  });

  it("has the pools of the config, in its own spelling", () => {
    expect(program.one(POOL, "metallb-second").inputs).toMatchObject({
      metadata: { name: "second", namespace: "metallb-system" },
      spec: {
        addresses: ["10.0.0.96/28"],
        autoAssign: true,
        avoidBuggyIPs: true,
        serviceAllocation: { namespaces: ["games"] },
      },
    });
  });

  it("announces these pools, by name", () => {
    expect(program.one("kubernetes:metallb.io/v1beta1:L2Advertisement").inputs).toMatchObject({
      metadata: { name: "esddns-production-l2", namespace: "metallb-system" },
      spec: { ipAddressPools: ["esddns-pool", "second"] },
    });
  });
});

describe("the workloads", () => {
  it.each([OPERATOR, PAGE])("%s runs restricted, by digest, under its own account", (type) => {
    const { spec } = program.one(type).inputs;
    const command = type === OPERATOR ? "operator" : "status";
    expect(spec).toMatchObject({
      template: {
        spec: {
          serviceAccountName: type === OPERATOR ? "esddns-operator" : "esddns-service",
          securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: "RuntimeDefault" } },
          containers: [
            {
              image: IMAGE,
              args: [command],
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ["ALL"] },
              },
              // Strangers who hold every connection of the page leave these alone.
              ports: [
                { name: "http", containerPort: 8080 },
                { name: "health", containerPort: 8082 },
              ],
              livenessProbe: { httpGet: { path: "/healthz", port: "health" } },
              readinessProbe: { httpGet: { path: "/readyz", port: "health" } },
            },
          ],
        },
      },
    });
  });

  it("have the names that people's commands use", () => {
    expect(program.one(OPERATOR).inputs.metadata).toMatchObject({
      name: "esddns-operator-daemon",
      namespace: "esddns-production",
    });
    expect(program.one(PAGE).inputs.metadata).toMatchObject({ name: "esddns-service" });
  });

  it("have no rights beyond their namespace but to read nodes", () => {
    const roles = program.resources.filter(({ type }) => type.endsWith(":ClusterRole"));
    expect(roles.map(({ inputs }) => [inputs.metadata?.name, inputs.rules])).toEqual([
      ["esddns-production-esddns-operator", [{ apiGroups: [""], resources: ["nodes"], verbs: ["get"] }]],
    ]);
    const page = program.one("kubernetes:rbac.authorization.k8s.io/v1:Role", "page-account").inputs.rules;
    const verbs = page?.flatMap((rule) => rule.verbs) ?? [];
    expect([...new Set(verbs)].sort()).toEqual(["get", "list", "watch"]);
  });
});

describe("the token", () => {
  it("is in its Secret and nowhere else", () => {
    const secret = program.one("kubernetes:core/v1:Secret");
    expect(JSON.stringify(secret.inputs)).toContain(TOKEN);
    // Pulumi hands a secret over in an envelope of its own; as a plain value it would stand in the state.
    expect(secret.inputs["stringData"]).not.toEqual({ token: TOKEN });
    const others = program.resources.filter((resource) => resource !== secret);
    expect(JSON.stringify(others)).not.toContain(TOKEN);
    expect(JSON.stringify(program.outputs)).not.toContain(TOKEN);
  });
});

describe("the page's Service", () => {
  it("waits for its address and says which", () => {
    expect(program.one(SERVICE).inputs).toMatchObject({
      metadata: {
        name: "esddns-service",
        annotations: {
          "metallb.io/address-pool": "esddns-pool",
          "metallb.io/loadBalancerIPs": "192.168.1.100",
          "pulumi.com/waitFor": "jsonpath={.status.loadBalancer.ingress[0].ip}",
        },
      },
      spec: {
        type: "LoadBalancer",
        ipFamilyPolicy: "SingleStack",
        ipFamilies: ["IPv4"],
        ports: [{ port: 80, targetPort: 8080 }],
      },
    });
  });
});

describe("WAN address and records", () => {
  it("are waited for", () => {
    const wait = { "pulumi.com/waitFor": "condition=Ready", "pulumi.com/timeoutSeconds": "90" };
    expect(program.one(WAN).inputs).toMatchObject({
      metadata: { name: "wan", annotations: wait },
      spec: { quorum: 2, excluded: ["192.168.1.100-192.168.1.110", "10.0.0.96/28"] },
    });
    expect(program.one(RECORD, "dns-home.example.com").inputs).toMatchObject({
      metadata: { name: "home.example.com", annotations: { "pulumi.com/waitFor": "condition=Synced" } },
      spec: { zone: "example.com", name: "home", types: ["A", "AAAA"], ttl: 300, ipv6Suffix: "::10" },
    });
    expect(program.one(RECORD, "dns-example.com").inputs.spec).toMatchObject({ name: "@" });
  });

  it("come after the operator that answers for them", () => {
    const order = program.resources.map(({ type, readId }) => (readId === undefined ? type : ""));
    expect(order.indexOf(OPERATOR)).toBeLessThan(order.indexOf(WAN));
    expect(order.indexOf(WAN)).toBeLessThan(order.indexOf(RECORD));
  });
});

describe("outputs", () => {
  it("come from reads of the owned objects, by their ids", () => {
    const reads = program.resources.filter(({ readId }) => readId !== undefined);
    expect(reads.map(({ type, readId }) => `${type.split(":").at(-1)} ${readId}`).sort()).toEqual([
      "DnsRecord esddns-production/example.com",
      "DnsRecord esddns-production/home.example.com",
      "IPAddressPool metallb-system/esddns-pool",
      "IPAddressPool metallb-system/second",
      "Service esddns-production/esddns-service",
      "WanAddress esddns-production/wan",
    ]);
    // Any value here would be an input, and the provider would look for the object elsewhere.
    for (const { inputs } of reads) expect(inputs).toEqual({});
  });

  it("do not tell an address of the page that is in no pool", async () => {
    const pools = [{ name: "esddns-pool", addresses: ["192.168.1.120-192.168.1.130"] }];
    const { outputs } = await runProgram({ ...CONFIG, pools, service: {} });
    expect(outputs).toMatchObject({ loadBalancerIp: null, statusUrl: null });
    const { outputs: unseen } = await runProgram({ ...CONFIG, pools, service: {}, checks: { whenUnreachable: "Off" } });
    expect(unseen.loadBalancerIp).toBe("192.168.1.100");
  });

  it("tell what others need to know", () => {
    expect(program.outputs).toEqual({
      loadBalancerIp: "192.168.1.100",
      statusUrl: "http://192.168.1.100/",
      wanIp: "198.51.100.20",
      wanIpv4: "198.51.100.20",
      wanIpv6: null,
      wanAddressId: "esddns-production/wan",
      namespace: "esddns-production",
      records: [
        { fqdn: "home.example.com", type: "A", value: "198.51.100.20", synced: true },
        { fqdn: "home.example.com", type: "AAAA", value: "2001:db8::10", synced: true },
        { fqdn: "example.com", type: "A", value: "198.51.100.20", synced: true },
      ],
      pools: [
        { name: "esddns-pool", addresses: ["192.168.1.100-192.168.1.110"], capacity: 11, assigned: 1, available: 10 },
        { name: "second", addresses: ["10.0.0.96/28"], capacity: 16, assigned: 1, available: 10 },
      ],
      metallb: { version: "0.15.3", namespace: "metallb-system" },
      operatorImage: IMAGE,
      live: true,
    });
  });
});
