/** Every object that the program makes, checked by kubeconform against the schemas of the lab's Kubernetes and MetalLB. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crds } from "@esddns/common/api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { CONFIG, plain, runProgram } from "../../infra/test/testing.ts";
import { demandTool, moduleDir } from "@esddns/lab";
import { builtInSchemas, customSchemas, type Definition, type Swagger } from "../manifests/schemas.ts";
import { spawnCollect } from "./spawn.ts";

let dir = "";
let kubeconform = "";
beforeAll(async () => {
  kubeconform = join(await demandTool("kubeconform"), "kubeconform");
  dir = await mkdtemp(join(tmpdir(), "esddns-manifests-"));
  await mkdir(join(dir, "schemas"));
  const swagger = join(await moduleDir("kubernetes", "k8s.io/kubernetes"), "api", "openapi-spec", "swagger.json");
  const all = [builtInSchemas(JSON.parse(await readFile(swagger, "utf8")) as Swagger)];
  for (const definition of [...(await metallbDefinitions()), ...crds]) all.push(customSchemas(definition));
  for (const [file, schema] of all.flatMap((each) => [...each]))
    await writeFile(join(dir, "schemas", file), JSON.stringify(schema));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function metallbDefinitions(): Promise<Definition[]> {
  const folder = join(await moduleDir("metallb", "go.universe.tf/metallb"), "config", "crd", "bases");
  const files = await readdir(folder);
  return Promise.all(files.map(async (file) => parse(await readFile(join(folder, file), "utf8")) as Definition));
}

const BGP = {
  peers: [{ name: "router-peer", myASN: 64500, peerASN: 64501, peerAddress: "192.168.1.1" }],
  advertisements: [{ name: "bgp", pools: ["esddns-pool"] }],
};

describe("valid for the API server, with no field that it does not know", () => {
  it.each([
    ["by default", {}],
    ["with BGP", { bgp: BGP }],
    ["with push and an Ingress", { push: { enabled: true }, service: { ingress: { host: "home.example.com" } } }],
    ["on the network of the hosts", { detection: { hostNetwork: true } }],
    ["beside another stack", { shared: "adopt" }],
  ])("are the objects of a stack %s", async (_how, change) => {
    const { resources, invalid } = await check(await objects({ ...CONFIG, ...change }));
    expect(invalid).toEqual([]);
    expect(resources).toBeGreaterThan(15);
  });

  it("and a field with a typing error is found", async () => {
    const made = await objects(CONFIG);
    const { invalid } = await check(JSON.parse(JSON.stringify(made).replaceAll('"ttl"', '"tll"')) as object[]);
    expect(invalid.length).toBeGreaterThan(0);
    expect(invalid.join()).toContain("'tll' not allowed");
  });
});

/** As Pulumi sends them; what Helm makes of MetalLB's chart is not among them. */
async function objects(config: Readonly<Record<string, unknown>>): Promise<object[]> {
  const { resources } = await runProgram(config);
  return resources
    .filter(({ type, readId }) => readId === undefined && type.startsWith("kubernetes:"))
    .filter(({ type }) => type !== "kubernetes:helm.sh/v3:Release")
    .map(({ inputs }) => plain(inputs) as object);
}

async function check(made: readonly object[]): Promise<{ resources: number; invalid: string[] }> {
  const file = join(dir, "objects.json");
  await writeFile(file, JSON.stringify({ apiVersion: "v1", kind: "List", items: made }));
  const location = join(dir, "schemas", "{{.ResourceKind}}{{.KindSuffix}}.json");
  const args = ["-strict", "-verbose", "-output", "json", "-schema-location", location, file];
  const { output } = await spawnCollect([kubeconform, ...args], {
    cwd: dir,
    env: {},
    timeoutMs: 60_000,
  });
  const { resources } = JSON.parse(output) as {
    resources: { kind: string; name: string; status: string; msg: string }[];
  };
  const invalid = resources.filter(({ status }) => status !== "statusValid");
  return { resources: resources.length, invalid: invalid.map(({ kind, name, msg }) => `${kind} ${name}: ${msg}`) };
}
