/**
 * Previews as the workflows make them (docs/pull-requests.md): of a changed config without the cluster, as a reviewer
 * reads them, and the look for drift.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { labStack, lan, namespaceOf, pulumiCommand, stackConfigFile } from "@esddns/lab";
import { dig, eventually, labOk, stackOutputs } from "./lab.ts";
import { spawnCollect } from "./spawn.ts";

const wan = "198.51.100.20";
let dir = "";
let stack: { readonly config: Readonly<Record<string, unknown>> };

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "esddns-preview-"));
  await labOk("pulumi", "up", "--yes", "--skip-preview", "--non-interactive");
  stack = parse(await readFile(stackConfigFile(labStack), "utf8")) as typeof stack;
});

afterAll(async () => {
  await rm(dir, { recursive: true, force: true });
  await wanIs(wan);
});

async function wanIs(ipv4: string): Promise<void> {
  await labOk("wan", ipv4);
  await eventually(async () => {
    expect(await dig("home.example.com", "A")).toEqual([ipv4]);
  }, 180_000);
}

interface Printed {
  readonly status: number;
  readonly output: string;
}

/** `pulumi preview ARGS` of the lab's stack as the workflows set its config, with `change` laid over it. */
async function preview(
  change: Readonly<Record<string, unknown>>,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Printed> {
  return withoutLiveReads(["preview", "--diff", ...args], change, env);
}

async function withoutLiveReads(
  args: readonly string[],
  change: Readonly<Record<string, unknown>> = {},
  env: Readonly<Record<string, string>> = {},
): Promise<Printed> {
  const file = join(dir, `Pulumi.${labStack}.yaml`);
  const away = env["KUBECONFIG"] === undefined ? {} : { "esddns:checks": '{"whenUnreachable":"Off"}' };
  const config = { ...stack.config, "esddns:observeLive": false, ...away, ...change };
  await writeFile(file, stringify({ ...stack, config }), { mode: 0o600 });
  return pulumi([...args, "--config-file", file], env);
}

/** A value as the stack config of the lab has it encrypted. */
async function encrypted(value: string): Promise<unknown> {
  const file = join(dir, "encrypted.yaml");
  await writeFile(file, stringify(stack), { mode: 0o600 });
  const { status, output } = await pulumi(["config", "set", "--secret", "gandiToken", value, "--config-file", file]);
  expect(status, output).toBe(0);
  return (parse(await readFile(file, "utf8")) as typeof stack).config["esddns:gandiToken"];
}

async function pulumi(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const command = await pulumiCommand([...args, "--non-interactive"]);
  const host = ["nsenter", `--net=/run/netns/${namespaceOf(lan.client.name)}`];
  return spawnCollect([...host, ...command.argv], { cwd: command.cwd, env: { ...command.env, ...env } });
}

/** What is made, changed or deleted: sign and type, sorted. A read that is dropped is no change of the cluster. */
function changed(output: string): string[] {
  return [...output.matchAll(/^ *(\+-|[-+~]) (\S+): \((?:create|update|delete|replace)\)/gm)]
    .map(([, sign = "", type = ""]) => `${sign} ${type}`)
    .sort();
}

/** Every value that changes, without the outputs of the stack. */
function values(output: string): string[] {
  return [...sections(output).resources.matchAll(/^ *~ .*=>.*$/gm)].map(([line]) => line.trim()).sort();
}

/** The names of the stack's outputs that change. */
function changedOutputs(output: string): string[] {
  return [...sections(output).outputs.matchAll(/^ {2}[-+~] (\w+)/gm)].map(([, name = ""]) => name).sort();
}

/** The stack's outputs come last; what was read of it has some of its own. */
function sections(output: string): { resources: string; outputs: string } {
  const at = output.lastIndexOf("--outputs:--");
  return at < 0 ? { resources: output, outputs: "" } : { resources: output.slice(0, at), outputs: output.slice(at) };
}

const POOL = "kubernetes:metallb.io/v1beta1:IPAddressPool";
const WAN = "kubernetes:esddns.io/v1alpha1:WanAddress";
const RECORD = "kubernetes:esddns.io/v1alpha1:DnsRecord";
const [v4, v6] = ["192.168.1.100-192.168.1.110", "fd00:192:168:1::100-fd00:192:168:1::110"];

describe("a preview without the cluster", () => {
  const unreachable = { KUBECONFIG: "/nonexistent" };
  const moved = "198.51.100.78";

  // The up stores the address that it reads, and writes nothing: in the state the WanAddress keeps its older status.
  beforeAll(async () => {
    await wanIs(moved);
    await labOk("pulumi", "up", "--yes", "--skip-preview", "--non-interactive");
    expect(await stackOutputs()).toMatchObject({ wanIp: moved, live: true });
  });

  test("of an unchanged config shows no change", async () => {
    const { status, output } = await preview({}, ["--expect-no-changes"], unreachable);
    expect(status, output).toBe(0);
    expect(changed(output)).toEqual([]);
    expect(changedOutputs(output)).toEqual(["live"]);
    expect(output).not.toContain("kubeconfig");
    // In a pull request the address would be read by everybody.
    expect(output).not.toContain(moved);
    expect(output).not.toContain("could not be looked at");
  });

  test("warns of the checks that could not be made, unless it is told that nobody looks", async () => {
    const { status, output } = await preview({ "esddns:checks": {} }, ["--expect-no-changes"], unreachable);
    expect(status, output).toBe(0);
    expect(output).toContain("The cluster could not be looked at");
  });

  test("of one address more shows where that is, and no more", async () => {
    const pools = [{ name: "esddns-pool", addresses: ["192.168.1.100-192.168.1.111", v6] }];
    const { status, output } = await preview({ "esddns:pools": pools }, [], unreachable);
    expect(status, output).toBe(0);
    expect(changed(output)).toEqual([`~ ${WAN}`, `~ ${POOL}`]);
    const line = `~ [0]: "${v4}" => "192.168.1.100-192.168.1.111"`;
    expect(values(output)).toEqual([line, line]);
    expect(changedOutputs(output)).toEqual(["live", "pools"]);
  });

  test("of records shows the one that changes and the one that is new", async () => {
    const records = [
      { zone: "example.com", name: "home", types: ["A", "AAAA"], ttl: 600, ipv6Suffix: "::50" },
      { zone: "example.com", name: "vpn", types: ["A"] },
    ];
    const { status, output } = await preview({ "esddns:records": records }, [], unreachable);
    expect(status, output).toBe(0);
    expect(changed(output)).toEqual([`+ ${RECORD}`, `~ ${RECORD}`]);
    expect(values(output)).toEqual(["~ ttl: 300 => 600"]);
    expect(changedOutputs(output)).toEqual(["live", "records"]);
  });

  test("of another token shows that it changes, and neither of the two", async () => {
    const { status, output } = await preview(
      { "esddns:gandiToken": await encrypted("a-token-that-is-new") },
      [],
      unreachable,
    );
    expect(status, output).toBe(0);
    expect(changed(output)).toEqual(["~ kubernetes:core/v1:Secret"]);
    expect(changedOutputs(output)).toEqual(["live"]);
    expect(output).not.toContain("a-token-that-is-new");
    expect(output).toContain("[secret]");
  });
});

test("an up without live reads stores what was stored before", async () => {
  const before = await stackOutputs();
  const { status, output } = await withoutLiveReads(["up", "--yes", "--skip-preview"]);
  expect(status, output).toBe(0);
  expect(await stackOutputs()).toEqual({ ...before, live: false });
});

describe("the look for drift", () => {
  const drift = () => preview({}, ["--refresh", "--expect-no-changes"], {});

  test("is quiet when nothing but the WAN address moved", async () => {
    await wanIs("198.51.100.79");
    const { status, output } = await drift();
    expect(status, output).toBe(0);
  });

  test("names what somebody changed by hand", async () => {
    const patch = (on: boolean) =>
      labOk(
        ...["kubectl", "patch", "ipaddresspool", "esddns-pool", "-n", "metallb-system", "--type=merge"],
        ...["-p", JSON.stringify({ spec: { avoidBuggyIPs: on } })],
      );
    await patch(true);
    try {
      const { status, output } = await drift();
      expect(status, output).not.toBe(0);
      expect(changed(output)).toEqual([`~ ${POOL}`]);
      expect(output).toMatch(/avoidBuggyIPs *: (true => false|false => true)/);
    } finally {
      await patch(false);
    }
  });
});
