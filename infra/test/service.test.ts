import { describe, expect, it } from "vitest";
import { keptForLife } from "../esddns/push.ts";
import { CONFIG, runProgram } from "./testing.ts";

const SERVICE = "kubernetes:core/v1:Service";
const INGRESS = "kubernetes:networking.k8s.io/v1:Ingress";
const DEPLOYMENT = "kubernetes:apps/v1:Deployment";
const dual = [{ name: "esddns-pool", addresses: ["192.168.1.100-192.168.1.110", "fd00:1::/120"] }];

describe("the page's Service", () => {
  it("has both families where its pool has, and passes on what else is asked of it", async () => {
    const program = await runProgram({ ...CONFIG, pools: dual, service: { externalTrafficPolicy: "Local" } });
    const { spec, metadata } = program.one(SERVICE).inputs;
    expect(spec).toMatchObject({ ipFamilyPolicy: "PreferDualStack", externalTrafficPolicy: "Local" });
    expect(spec).not.toHaveProperty("ipFamilies");
    expect(metadata?.annotations).toMatchObject({ "metallb.io/address-pool": "esddns-pool" });
    expect(metadata?.annotations).not.toHaveProperty(["metallb.io/loadBalancerIPs"]);
  });

  it("has one family where its address is fixed, as MetalLB gives it none otherwise", async () => {
    const push = { enabled: true, address: "fd00:1::9" };
    const program = await runProgram({ ...CONFIG, pools: dual, service: { address: "192.168.1.100" }, push });
    expect(program.one(SERVICE, "page-service").inputs.spec).toMatchObject({
      ipFamilyPolicy: "SingleStack",
      ipFamilies: ["IPv4"],
      externalTrafficPolicy: "Cluster",
    });
    expect(program.one(SERVICE, "page-push").inputs.spec).toMatchObject({
      ipFamilyPolicy: "SingleStack",
      ipFamilies: ["IPv6"],
    });
  });
});

it("both Services are made anew where the API server changes nothing: for another class or another first family", () => {
  expect(keptForLife).toEqual({
    replaceOnChanges: ["spec.loadBalancerClass", "spec.ipFamilies[0]"],
    deleteBeforeReplace: true,
  });
});

describe("the Service of POST /probe", () => {
  const annotations = (program: Awaited<ReturnType<typeof runProgram>>, name: string) =>
    program.one(SERVICE, name).inputs.metadata?.annotations;

  it("is kept to this stack's own pool", async () => {
    const push = { enabled: true };
    const program = await runProgram({ ...CONFIG, pools: dual, service: {}, push });
    expect(annotations(program, "page-push")).toMatchObject({ "metallb.io/address-pool": "esddns-pool" });
    expect(annotations(program, "page-push")).not.toHaveProperty(["metallb.io/loadBalancerIPs"]);
  });

  it("stands on one of the page's two addresses where that is written", async () => {
    const service = { address: "192.168.1.100,fd00:1::9" };
    const program = await runProgram({
      ...CONFIG,
      pools: dual,
      service,
      push: { enabled: true, address: "fd00:1::9" },
    });
    for (const name of ["page-service", "page-push"])
      expect(annotations(program, name)).toMatchObject({ "metallb.io/allow-shared-ip": "esddns" });
  });
});

describe("with a MetalLB that takes one class of Services", () => {
  it("every Service of this stack is of that class", async () => {
    const metallb = { values: { loadBalancerClass: "metallb" } };
    const program = await runProgram({ ...CONFIG, metallb, push: { enabled: true } });
    for (const name of ["page-service", "page-push"])
      expect(program.one(SERVICE, name).inputs.spec).toMatchObject({ loadBalancerClass: "metallb" });
    const plain = (await runProgram(CONFIG)).one(SERVICE, "page-service").inputs.spec;
    expect(plain).not.toHaveProperty("loadBalancerClass");
  });
});

describe("the page's pods", () => {
  it("are two, on two nodes where there are two, of which a drain takes one at a time", async () => {
    const program = await runProgram(CONFIG);
    expect(program.one(DEPLOYMENT).inputs.spec).toMatchObject({
      replicas: 2,
      template: {
        spec: {
          topologySpreadConstraints: [{ topologyKey: "kubernetes.io/hostname", whenUnsatisfiable: "ScheduleAnyway" }],
        },
      },
    });
    expect(program.one("kubernetes:policy/v1:PodDisruptionBudget").inputs.spec).toMatchObject({
      maxUnavailable: 1,
      selector: { matchLabels: { app: "esddns-service" } },
    });
  });

  it("are restarted by kubectl for good: the template leaves their annotation to them", async () => {
    const program = await runProgram(CONFIG);
    for (const type of [DEPLOYMENT, "kubernetes:apps/v1:DaemonSet"]) {
      const { template } = program.one(type).inputs.spec as { template: { metadata: { annotations?: object } } };
      expect(template.metadata.annotations ?? {}).not.toHaveProperty(["kubectl.kubernetes.io/restartedAt"]);
    }
  });
});

describe("the page's Ingress", () => {
  it("is there where it is asked for, with a certificate by cert-manager", async () => {
    const ingress = { host: "esddns.example.com", className: "nginx", tls: { clusterIssuer: "letsencrypt" } };
    const program = await runProgram({ ...CONFIG, service: { ingress } });
    expect(program.one(INGRESS).inputs).toMatchObject({
      metadata: {
        name: "esddns-service",
        namespace: "esddns-production",
        annotations: { "cert-manager.io/cluster-issuer": "letsencrypt" },
      },
      spec: {
        ingressClassName: "nginx",
        tls: [{ hosts: ["esddns.example.com"], secretName: "esddns-service-tls" }],
        rules: [
          {
            host: "esddns.example.com",
            http: { paths: [{ backend: { service: { name: "esddns-service", port: { name: "http" } } } }] },
          },
        ],
      },
    });
    const plain = await runProgram(CONFIG);
    expect(plain.resources.filter(({ type }) => type === INGRESS)).toEqual([]);
  });
});

it("has no address in the outputs that is in no pool: another load balancer has written it", async () => {
  const pools = [{ name: "esddns-pool", addresses: ["10.20.0.1-10.20.0.9"] }];
  const { outputs } = await runProgram({ ...CONFIG, pools, service: {} });
  expect(outputs).toMatchObject({ loadBalancerIp: null, statusUrl: null });
});
