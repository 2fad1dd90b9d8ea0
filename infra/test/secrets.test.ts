/** Encrypted config: for every key, what comes of it is a secret in inputs and outputs, or the key is refused. */
import { rootCertificates } from "node:tls";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { keys, type Key } from "../config/schema.ts";
import { CONFIG, plain, runProgram, type ProgramRun } from "./testing.ts";

type Config = Readonly<Record<string, unknown>>;
/** Two values that differ in all that the key can say, but not in which resources there are. */
type Pair = readonly [config: Config, other: Config];

const peer = { name: "router", myASN: 64512, peerASN: 64513 };
const advertisement = { name: "b", pools: ["esddns-pool"] };
const server = (name: string) => ({ host: `${name}.example.com`, organisation: name, transport: "tls", port: 5349 });
const service = (name: string) => ({ url: `https://${name}.example.com`, organisation: name });

const SECRET: Readonly<Partial<Record<Key, Pair>>> = {
  metallb: [
    { metallb: { values: { controller: { logLevel: "marker" } }, repository: "https://marker.example.com/charts" } },
    { metallb: { version: "0.14.5" } },
  ],
  bgp: [
    {
      bgp: {
        peers: [{ ...peer, peerAddress: "10.99.1.1", password: "marker" }],
        advertisements: [{ ...advertisement, communities: ["marker"] }],
      },
    },
    {
      bgp: {
        peers: [{ ...peer, myASN: 64514, peerAddress: "10.99.1.2", password: "another", holdTime: "90s" }],
        advertisements: [{ ...advertisement, communities: ["64512:7"], aggregationLength: 31 }],
      },
    },
  ],
  service: [
    { service: { address: "192.168.1.101", externalTrafficPolicy: "Local", ingress: { host: "marker.example.com" } } },
    { service: { ingress: { host: "x.example.com", className: "nginx", tls: { clusterIssuer: "y" } } } },
  ],
  detection: [
    {
      monitoring: { rules: true },
      detection: {
        ...{ hostNetwork: true, router: "10.99.0.1", intervalSeconds: 601, allowNonGlobal: ["100.99.0.0/16"] },
        ...{ stun: { servers: [server("marker"), server("b")] }, https: { services: [service("marker")] } },
      },
    },
    { monitoring: { rules: true }, detection: {} },
  ],
  gandiToken: [{ gandiToken: "marker" }, { gandiToken: "another" }],
  gandiTokenSecret: [
    { gandiToken: "", gandiTokenSecret: { name: "marker", key: "marker" } },
    { gandiToken: "", gandiTokenSecret: { name: "another" } },
  ],
  gandiTokenExpires: [{ gandiTokenExpires: "2031-07-09" }, { gandiTokenExpires: "2032-01-02" }],
  gandiRequestsPerMinute: [{ gandiRequestsPerMinute: 137 }, { gandiRequestsPerMinute: 251 }],
  notify: [
    { notify: [{ name: "marker", type: "ntfy", url: "https://marker.example.com/marker" }] },
    { notify: [{ name: "b", type: "webhook", url: "https://10.99.3.3/b", secret: "another-secret-of-16" }] },
  ],
  monitoring: [
    {
      monitoring: {
        ...{ monitor: "PodMonitor", rules: true, dashboard: true, annotations: true, interval: "31s" },
        ...{
          labels: { marker: "marker" },
          dashboardLabels: { marker: "marker" },
          runbooks: "https://marker.example.com",
        },
      },
    },
    { monitoring: { monitor: "PodMonitor", rules: true, dashboard: true, annotations: false } },
  ],
  push: [
    { push: { enabled: true, port: 9091, address: "192.168.1.103" } },
    { push: { enabled: true, pool: "esddns-pool" } },
  ],
  image: [
    { image: { builder: "docker", loadCommand: ["marker", "{archive}"], nodes: ["marker"] } },
    { image: { builder: "buildah", registry: "marker.example.com/marker" } },
  ],
  extraCaCertificates: [{ extraCaCertificates: rootCertificates[0] }, { extraCaCertificates: rootCertificates[1] }],
  operator: [{ operator: { tolerateControlPlane: true, apiServerPorts: [39217] } }, { operator: {} }],
  checks: [{ checks: { whenUnreachable: "Warn" } }, { checks: {} }],
  waitForWanSeconds: [{ waitForWanSeconds: 173 }, { waitForWanSeconds: 0 }],
};

const REFUSED: Readonly<Partial<Record<Key, Config>>> = {
  namespace: { namespace: "marker" },
  shared: { shared: "own" },
  keepOnDestroy: { keepOnDestroy: true },
  pools: { pools: [{ name: "marker", addresses: ["192.168.1.0/24"] }, { name: "marker" }] },
  l2: { l2: [{ name: "marker", pools: ["esddns-pool", "second", "marker-2"] }] },
  records: { records: [{ zone: "marker.example.com", name: "Marker!" }] },
  dryRun: { dryRun: true },
  observeLive: { observeLive: false },
};

it("has one behaviour for every key", () => {
  expect([...Object.keys(SECRET), ...Object.keys(REFUSED)].sort()).toEqual(Object.keys(keys).sort());
});

describe.each(Object.entries(SECRET))("%s, encrypted,", (key, [config, other]) => {
  it("cannot be told from another value by all that is plain in the state", { timeout: 120_000 }, async () => {
    const one = await runProgram({ ...CONFIG, ...config }, { secrets: [key] });
    expect(JSON.stringify(visible(one))).not.toMatch(/marker|10\.99\.|100\.99\.|39217/);
    const two = await runProgram({ ...CONFIG, ...other }, { secrets: [key] });
    expect(visible(two)).toEqual(visible(one));
  });
});

it("makes secrets of the outputs that repeat an encrypted key, and of no others", { timeout: 120_000 }, async () => {
  const outputs = async (...secrets: string[]) => (await runProgram(CONFIG, { secrets })).secretOutputs;
  expect(await outputs()).toEqual([]);
  expect(await outputs("detection")).toEqual([]);
  expect([...(await outputs("service"))].sort()).toEqual(["loadBalancerIp", "statusUrl"]);
  expect(await outputs("image")).toEqual(["operatorImage"]);
  const metallb = { ...CONFIG, metallb: { version: "0.15.3" } };
  expect((await runProgram(metallb, { secrets: ["metallb"] })).secretOutputs).toEqual(["metallb"]);
});

describe("resources whose outputs repeat an encrypted key keep these secret", () => {
  const config = {
    ...CONFIG,
    ...{ image: { builder: "buildah", registry: "registry.example.com/esddns" }, push: { enabled: true } },
    ...{ service: { ingress: { host: "page.example.com" } }, detection: {}, metallb: { version: "0.15.3" } },
    ...{ monitoring: { monitor: "PodMonitor", rules: true, dashboard: true }, waitForWanSeconds: 5 },
    ...{ operator: { tolerateControlPlane: true } },
  };
  const kept = async (...secrets: string[]) => {
    const { keptSecret } = await runProgram(config, { secrets });
    // The inputs are stored beside the outputs.
    return Object.entries(keptSecret)
      .filter(([, outputs]) => outputs.includes("__inputs"))
      .map(([name, outputs]) => `${name}: ${outputs.filter((output) => output !== "__inputs").join()}`)
      .sort();
  };
  const pods = ["operator-daemon: spec", "page-deployment: spec"];
  const services = ["page-push: metadata,spec,status", "page-service: metadata,spec,status"];
  const release = "metallb-release: manifest,resourceNames,status,rawConfig,checksum";

  it.each<[string | undefined, readonly string[]]>([
    [undefined, []],
    ["image", ["image-build: stdout,stderr,environment,triggers", ...pods]],
    ["service", [...pods, ...services, "page-ingress: metadata,status"]],
    ["detection", ["dns-wan: metadata,status", "operator-daemon: spec"]],
    ["metallb", [release, ...services]],
    ["operator", [release, ...pods]],
    [
      "monitoring",
      [...pods, ...["dashboard", "podmonitor", "prometheusrule"].map((each) => `monitoring-${each}: metadata`)],
    ],
    ["waitForWanSeconds", ["dns-example.com: metadata", "dns-home.example.com: metadata", "dns-wan: metadata,status"]],
  ])("%s", { timeout: 60_000 }, async (key, wanted) => {
    expect(await kept(...(key === undefined ? [] : [key]))).toEqual([...wanted].sort());
  });
});

it("leaves the annotations of objects whole where they are a secret", async () => {
  const program = await runProgram(CONFIG, { secrets: ["service"] });
  expect(plain(program.one("kubernetes:core/v1:Service", "page-service").inputs)).toMatchObject({
    metadata: {
      annotations: {
        "metallb.io/loadBalancerIPs": "192.168.1.100",
        "pulumi.com/waitFor": "jsonpath={.status.loadBalancer.ingress[0].ip}",
        "pulumi.com/patchFieldManager": "esddns",
      },
    },
  });
});

describe.each(Object.entries(REFUSED))("%s, encrypted,", (key, config) => {
  it("is refused with the reason and the remedy, and without its value", async () => {
    const message = await refusal({ ...CONFIG, ...config }, key);
    expect(message).toMatch(
      new RegExp(`- esddns:${key}: is stored encrypted, and .+\\. Write it as plain text: .*production\\.yaml`),
    );
    expect(message).not.toMatch(/marker/i);
  });
});

it("refuses MetalLB's namespace in an encrypted key", async () => {
  const metallb = { namespace: "marker", values: {} };
  const message = await refusal({ ...CONFIG, metallb }, "metallb");
  expect(message).toMatch(/esddns:metallb\.namespace: esddns:metallb is stored encrypted, and the namespace/);
  expect(message).not.toContain("marker");
});

it("names all that is refused at once", async () => {
  const message = await refusal({ ...CONFIG, namespace: "marker" }, "namespace", "pools", "records");
  for (const key of ["namespace", "pools", "records"]) expect(message).toContain(`esddns:${key}: is stored encrypted`);
});

async function refusal(config: Config, ...secrets: string[]): Promise<string> {
  const failed: unknown = await runProgram(config, { secrets }).catch((error: unknown) => error);
  expect(pulumi.RunError.isInstance(failed)).toBe(true);
  return (failed as Error).message;
}

/** What state, URNs, ids and previews hold as plain text. */
function visible({ resources, outputs, secretOutputs }: ProgramRun): unknown {
  const shown = resources.map(({ type, name, inputs, readId }) => ({ type, name, readId, inputs: masked(inputs) }));
  const named = Object.entries(outputs).filter(([name]) => !secretOutputs.includes(name));
  const order = ({ type, name }: { type: string; name: string }) => `${type} ${name}`;
  return { resources: shown.sort((a, b) => order(a).localeCompare(order(b))), outputs: Object.fromEntries(named) };
}

function masked(value: unknown): unknown {
  if (pulumi.runtime.isRpcSecret(value)) return "[secret]";
  if (Array.isArray(value)) return value.map(masked);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, masked(each)]));
}
