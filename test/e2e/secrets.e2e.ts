/**
 * Encrypted config by the real CLI, with a file backend and the plugins of this machine: every key that can be encrypted
 * holds a word that stands nowhere else, and none of these words is in the exported state, in a preview or in outputs.
 * The cluster is a fake: what Pulumi stores does not depend on what a cluster does. MetalLB is adopted, so its chart's
 * values, which a unit test covers, are not among them.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { projectDir, pulumiCommand } from "@esddns/lab";
import { fakeCluster, type FakeCluster, type KubernetesObject } from "./fakeCluster.ts";
import { spawnCollect } from "./spawn.ts";

const [pem = "", otherPem = ""] = rootCertificates;
const digest = (digit: string) => `@sha256:${digit.repeat(64)}`;

/** What is encrypted, twice, with what is to be found nowhere. */
const SECRETS: readonly (readonly [path: string, value: string, other: string, words: readonly string[]])[] = [
  ["service.address", "192.168.1.107", "192.168.1.109", ["192.168.1.107", "192.168.1.109"]],
  ["service.ingress.host", "marker-host.example.com", "marker-other.example.com", ["marker"]],
  ["push.address", "192.168.1.106", "192.168.1.108", ["192.168.1.106", "192.168.1.108"]],
  ["detection.router", "10.99.0.1", "10.99.0.2", ["10.99.0"]],
  [
    "detection.https.services[0].url",
    "https://marker-echo.example.com",
    "https://marker-echo-2.example.com",
    ["marker"],
  ],
  ["detection.https.services[0].organisation", "marker-organisation", "marker-organisation-2", ["marker"]],
  ["bgp.peers[0].password", "marker-password", "marker-password-2", ["marker"]],
  ["bgp.peers[0].peerAddress", "10.99.1.1", "10.99.1.2", ["10.99.1"]],
  ["gandiToken", "marker-token", "marker-token-2", ["marker"]],
  ["gandiTokenExpires", "2031-07-09", "2032-03-04", ["2031-07-09", "2032-03-04"]],
  ["gandiRequestsPerMinute", "137", "139", ['"137"', '"139"']],
  ["waitForWanSeconds", "173", "179", ['"173"', '"179"']],
  ["notify[0].url", "https://10.99.3.3/marker-topic", "https://10.99.3.4/marker-topic", ["10.99.3", "marker"]],
  ["monitoring.runbooks", "https://marker-runbooks.example.com", "https://marker-runbooks-2.example.com", ["marker"]],
  ["monitoring.labels.release", "marker-release", "marker-release-2", ["marker"]],
  [
    "image.reference",
    `marker.example.com/x${digest("a")}`,
    `marker.example.com/x${digest("b")}`,
    ["marker", "aaaaaaaa"],
  ],
  ["extraCaCertificates", pem, otherPem, [pem, otherPem].map((each) => each.split("\n")[3] ?? "")],
];

const PLAIN = {
  "esddns:shared": "adopt",
  "esddns:checks": { whenUnreachable: "Off" },
  "esddns:pools": [{ name: "p", addresses: ["192.168.1.100-192.168.1.110"] }],
  "esddns:records": [{ zone: "example.com", name: "home" }],
  "esddns:bgp": {
    peers: [{ name: "router", myASN: 64512, peerASN: 64513 }],
    advertisements: [{ name: "b", pools: ["p"] }],
  },
  "esddns:push": { enabled: true },
  "esddns:notify": [{ name: "phone", type: "ntfy" }],
  "esddns:monitoring": { monitor: "PodMonitor", rules: true, dashboard: true },
};

let dir = "";
let cluster: FakeCluster;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "esddns-secrets-"));
  await mkdir(join(dir, "state"));
  cluster = await fakeCluster(statusOf, "marker-credential");
  await writeFile(file(), stringify({ config: PLAIN }));
  await ok("stack", "init", "secrets");
  await encrypt(({ 1: value }) => value);
  await ok("config", "set", "--secret", "kubernetes:kubeconfig", cluster.kubeconfig);
}, 600_000);

afterAll(async () => {
  await cluster.close();
  await rm(dir, { recursive: true, force: true });
  // `pulumi stack init` writes beside Pulumi.yaml whatever file it is given.
  await rm(join(projectDir, "Pulumi.secrets.yaml"), { force: true });
});

test("an up stores no encrypted value as plain text", { timeout: 900_000 }, async () => {
  const printed = await ok("up", "--yes", "--skip-preview", "--diff");
  const state = await ok("stack", "export");
  expect(state).toContain("esddns-operator-daemon");
  expect(found(state)).toEqual([]);
  expect(found(printed)).toEqual([]);
  const outputs = JSON.parse(await ok("stack", "output", "--json")) as Record<string, unknown>;
  expect(outputs).toMatchObject({ loadBalancerIp: "[secret]", operatorImage: "[secret]", wanIp: "198.51.100.20" });
});

test("nothing changes in the next preview", { timeout: 900_000 }, async () => {
  expect(found(await ok("preview", "--diff", "--expect-no-changes"))).toEqual([]);
});

test("a preview of other values shows that something changes, and none of them", { timeout: 900_000 }, async () => {
  await encrypt(({ 2: other }) => other);
  const diff = await ok("preview", "--diff");
  expect(diff).toContain("[secret]");
  expect(found(diff)).toEqual([]);
  expect(found(await ok("preview", "--json"))).toEqual([]);
});

function statusOf({ kind, metadata }: KubernetesObject): object | undefined {
  const condition = (type: string) => ({ conditions: [{ type, status: "True" }], observedGeneration: 1 });
  const address = (metadata.annotations as Record<string, string> | undefined)?.["metallb.io/loadBalancerIPs"];
  const all: Readonly<Record<string, object>> = {
    DaemonSet: { observedGeneration: 1, desiredNumberScheduled: 0 },
    Deployment: condition("Available"),
    Service: { loadBalancer: { ingress: [{ ip: address ?? "192.168.1.100" }] } },
    WanAddress: { ...condition("Ready"), ipv4: "198.51.100.20" },
    DnsRecord: { ...condition("Synced"), published: [{ type: "A", ttl: 300, values: ["198.51.100.20"] }] },
  };
  return all[kind];
}

/** The words that a text holds. */
function found(text: string): string[] {
  const words = [...new Set(SECRETS.flatMap(({ 3: each }) => each))];
  return words.filter((word) => text.includes(word));
}

async function encrypt(value: (secret: (typeof SECRETS)[number]) => string): Promise<void> {
  const pairs = SECRETS.flatMap((secret) => ["--secret", `esddns:${secret[0]}=${value(secret)}`]);
  await ok("config", "set-all", "--path", ...pairs);
}

function file(): string {
  return join(dir, "Pulumi.secrets.yaml");
}

async function ok(...args: string[]): Promise<string> {
  const command = await pulumiCommand(args);
  const env: Record<string, string> = {
    ...command.env,
    PULUMI_BACKEND_URL: `file://${join(dir, "state")}`,
    PULUMI_CONFIG_PASSPHRASE: "test",
    PULUMI_STACK: "secrets",
    PULUMI_OPTION_CONFIG_FILE: file(),
  };
  delete env["PULUMI_CONFIG_PASSPHRASE_FILE"];
  const options = { cwd: command.cwd, env, timeoutMs: 850_000 };
  const { status, output } = await spawnCollect([...command.argv, "--non-interactive"], options);
  expect(status, output).toBe(0);
  return output;
}
