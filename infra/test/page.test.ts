import { beforeAll, describe, expect, it } from "vitest";
import { CONFIG, runProgram, type ProgramRun } from "./testing.ts";

let program: ProgramRun;
beforeAll(async () => {
  program = await runProgram({
    ...CONFIG,
    gandiTokenExpires: "2027-05-01",
    gandiRequestsPerMinute: 300,
    notify: [{ name: "phone", type: "ntfy", url: "https://192.168.1.5/topic" }],
    push: { enabled: true, address: "192.168.1.100" },
    service: { address: "192.168.1.100", hosts: ["esddns.lan"], ingress: { host: "esddns.example.com" } },
  });
});

const container = (type: string) => {
  const spec = program.one(type).inputs.spec as {
    template: { spec: { containers: { env: { name: string; value?: unknown }[]; ports: object[] }[] } };
  };
  const [first] = spec.template.spec.containers;
  if (first === undefined) expect.unreachable();
  return { ...first, environment: Object.fromEntries(first.env.map(({ name, value }) => [name, value])) };
};

describe("the page", () => {
  it("is told when the token ends, where MetalLB is and which pools are the stack's", () => {
    expect(container("kubernetes:apps/v1:Deployment").environment).toMatchObject({
      ESDDNS_GANDI_TOKEN_EXPIRES: "2027-05-01",
      ESDDNS_METALLB_NAMESPACE: "metallb-system",
      ESDDNS_POOLS: "esddns-pool,second",
    });
  });

  it.each(["Deployment", "DaemonSet"])("is served under the names of the config by the pods of the %s", (kind) => {
    expect(container(`kubernetes:apps/v1:${kind}`).environment).toMatchObject({
      ESDDNS_HOSTS: "esddns.lan,esddns.example.com",
    });
  });

  it("may read the status of the stack's pools and of announcements in MetalLB's namespace, and no more", () => {
    const role = program.one("kubernetes:rbac.authorization.k8s.io/v1:Role", "page-metallb").inputs;
    expect(role.metadata).toMatchObject({ namespace: "metallb-system", name: "esddns-production-esddns-service" });
    expect(role.rules).toEqual([
      { apiGroups: ["metallb.io"], resources: ["servicel2statuses"], verbs: ["list"] },
      {
        apiGroups: ["metallb.io"],
        resources: ["ipaddresspools"],
        resourceNames: ["esddns-pool", "second"],
        verbs: ["get"],
      },
    ]);
  });
});

describe("push", () => {
  it("stands on the page's address, on another port, with a token that the stack makes", () => {
    const service = program.one("kubernetes:core/v1:Service", "page-push").inputs;
    expect(service).toMatchObject({
      metadata: {
        annotations: { "metallb.io/loadBalancerIPs": "192.168.1.100", "metallb.io/allow-shared-ip": "esddns" },
      },
      spec: { selector: { app: "esddns-operator" }, ports: [{ port: 8081, targetPort: 8081 }] },
    });
    const policy = program.one("kubernetes:networking.k8s.io/v1:NetworkPolicy", "operator-network").inputs;
    expect(policy.spec).toMatchObject({ ingress: [{ ports: [{ port: 8080 }, { port: 8081 }] }] });
    expect(container("kubernetes:apps/v1:DaemonSet").ports).toMatchObject([
      { name: "http", containerPort: 8080 },
      { name: "push", containerPort: 8081 },
      { name: "health", containerPort: 8082 },
    ]);
    expect(program.one("kubernetes:core/v1:Service", "page-service").inputs.metadata?.annotations).toMatchObject({
      "metallb.io/allow-shared-ip": "esddns",
    });
    expect(program.one("random:index/randomPassword:RandomPassword").inputs).toMatchObject({ length: 43 });
    expect(container("kubernetes:apps/v1:DaemonSet").environment).toMatchObject({
      ESDDNS_PUSH_TOKEN_FILE: "/var/run/secrets/esddns-push/token",
    });
  });

  it("is not there where nobody asked for it", async () => {
    const plain = await runProgram(CONFIG);
    const names = plain.resources.map(({ name }) => name);
    expect(names.filter((name) => name.includes("push") || name.includes("notify"))).toEqual([]);
  });
});

describe("the operator", () => {
  it("is told how much it may ask of Gandi", () => {
    expect(container("kubernetes:apps/v1:DaemonSet").environment).toMatchObject({
      ESDDNS_GANDI_REQUESTS_PER_MINUTE: "300",
    });
  });
});

describe("notify", () => {
  it("is a Secret that the operator's pods find as a file, and a way through to a server of the LAN", () => {
    expect(program.one("kubernetes:core/v1:Secret", "operator-notify").inputs.metadata).toMatchObject({
      name: "esddns-notify",
    });
    expect(container("kubernetes:apps/v1:DaemonSet").environment).toMatchObject({
      ESDDNS_NOTIFY_FILE: "/var/run/secrets/esddns-notify/channels.json",
    });
    const policy = program.one("kubernetes:networking.k8s.io/v1:NetworkPolicy", "operator-network").inputs;
    expect(JSON.stringify(policy.spec)).toContain("192.168.1.5/32");
  });
});
