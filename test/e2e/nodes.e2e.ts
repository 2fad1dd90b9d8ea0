/** Clusters of other shapes: one node, and a control plane that keeps pods off and announces nothing, as kubeadm makes it. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { labStack, stackConfigFile, wan } from "@esddns/lab";
import { curl, dig, eventually, lab, labOk, readyPods, stackOutputs, type CommandResult } from "./lab.ts";

const namespace = "esddns-development";
const OPERATOR = "esddns-operator";
const PAGE = "esddns-service";
const EXCLUDE = "node.kubernetes.io/exclude-from-external-load-balancers";
const CONTROL_PLANE = "node-role.kubernetes.io/control-plane";
const RECORD = "home.example.com";
const up = ["up", "--yes", "--skip-preview"] as const;
const noChanges = ["pulumi", "preview", "--expect-no-changes", "--non-interactive"];

let dir = "";

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "esddns-nodes-"));
});

afterAll(async () => {
  await rm(dir, { recursive: true });
  await lab(["kubectl", "uncordon", "node1"]);
  await lab(["kubectl", "taint", "node", "node1", `${CONTROL_PLANE}-`]);
  await lab(["kubectl", "label", "node", "node1", `${EXCLUDE}-`, `${CONTROL_PLANE}-`]);
  const usual = await lab(["--nodes", "2"]);
  expect(usual.status, usual.stdout + usual.stderr).toBe(0);
  // One of the page's pods goes back to the node that had none.
  const [pod] = await readyPods(namespace, PAGE);
  await labOk("kubectl", "delete", "pod", "-n", namespace, pod?.metadata.name ?? "");
  await follows(wan.initialIpv4);
  await eventually(async () => {
    await labOk("status");
  });
});

describe("a cluster of one node", () => {
  beforeAll(async () => {
    await labOk("--nodes", "1");
  });

  test("has all that runs on that node, both pods of the page too, and of the other nothing is left", async () => {
    await eventually(async () => {
      expect(await labOk("status")).toMatch(/^Nodes: +1 of 1 are Ready/m);
    });
    expect(await nodesOf(OPERATOR)).toEqual(["node1"]);
    expect(await nodesOf(PAGE)).toEqual(["node1", "node1"]);
    expect(await labOk("kubectl", "get", "nodes,wanobservations", "-n", namespace, "-o", "name")).toBe(
      "node/node1\nwanobservation.esddns.io/node1",
    );
    const left = "ip netns pids esddns-node2; find /sys/fs/cgroup -path '*/esddns-lab/node2'";
    expect(await labOk("exec", "client", "sh", "-c", left)).toBe("");
  });

  test("agrees with itself on an address, and the record follows", async () => {
    await answers();
    expect(await dig(RECORD, "A")).not.toEqual(["198.51.100.31"]);
    await follows("198.51.100.31");
    expect(await agreed()).toBe("True");
  });

  test("has nothing wrong for the doctor", () => doctorSays(/^✓ Operator: 1 pods on 1 nodes are ready$/m));

  test("is drained of one pod of the page, which goes on answering, and of the other when that is insisted on", async () => {
    const drain = ["kubectl", "drain", "node1", "--ignore-daemonsets", `--pod-selector=app=${PAGE}`];
    try {
      const waited = await lab([...drain, "--timeout=5s"]);
      expect(waited.status).not.toBe(0);
      expect(waited.stderr).toContain("would violate the pod's disruption budget");
      expect(await nodesOf(PAGE)).toEqual(["node1"]);
      await answers();
      await labOk(...drain, "--disable-eviction");
      expect(await nodesOf(PAGE)).toEqual([]);
    } finally {
      await labOk("kubectl", "uncordon", "node1");
    }
    await eventually(async () => {
      expect(await nodesOf(PAGE)).toEqual(["node1", "node1"]);
    });
  });

  test("with kubeadm's label on it nobody would answer: refused, with the key and both ways out", async () => {
    await labOk("kubectl", "label", "node", "node1", `${EXCLUDE}=`);
    const { status, stdout, stderr } = await pulumi({}, "preview");
    expect(status).not.toBe(0);
    const said = stdout + stderr;
    expect(said).toContain(`esddns:l2[0]: every node that it has (node1) carries the label ${EXCLUDE}`);
    expect(said).toContain(`kubectl label node node1 ${EXCLUDE}-`);
    expect(said).toContain("esddns:metallb.values { speaker: { ignoreExcludeLB: true } }");
  });

  test("and by the second of them it answers, and the doctor knows", async () => {
    const { "esddns:metallb": metallb } = await stackConfig();
    const values = { speaker: { ignoreExcludeLB: true } };
    await succeeds(pulumi({ "esddns:metallb": { ...(metallb as object), values } }, ...up));
    await answers();
    await doctorSays(/^✓ Excluded nodes: MetalLB is told to ignore the label of node1$/m);
    await labOk("kubectl", "label", "node", "node1", `${EXCLUDE}-`);
  });

  test("gets a second one, with its image and the operator by the next up, and then nothing is left to do", async () => {
    await labOk("--nodes", "2");
    await eventually(async () => {
      expect((await lab(["status"])).stdout).toMatch(/^Nodes: +2 of 2 are Ready$/m);
      expect(await nodesOf(OPERATOR)).toEqual(["node1", "node2"]);
    });
    await succeeds(lab(noChanges));
  });
});

describe("a control plane with its taint, and a worker", () => {
  beforeAll(async () => {
    await labOk("kubectl", "label", "node", "node1", `${CONTROL_PLANE}=`, `${EXCLUDE}=`);
    await labOk("kubectl", "taint", "node", "node1", `${CONTROL_PLANE}:NoSchedule`);
  });

  test("has the operator on both where the taint is tolerated", async () => {
    await succeeds(pulumi({ "esddns:operator": { tolerateControlPlane: true } }, ...up));
    expect(await nodesOf(OPERATOR)).toEqual(["node1", "node2"]);
    await announcedByNode2();
  });

  test("has page and operator on the worker alone where it is not, which is the default", async () => {
    await succeeds(pulumi({}, ...up));
    await eventually(async () => {
      expect(await nodesOf(OPERATOR)).toEqual(["node2"]);
      expect(await nodesOf(PAGE)).toEqual(["node2", "node2"]);
    });
    await announcedByNode2();
    await answers();
  });

  test("has one observer then, whose word is enough for the record", async () => {
    // What it said while it had a pod counts for two minutes yet. A control plane that never had one has said nothing.
    await labOk("kubectl", "delete", "wanobservation", "node1", "-n", namespace);
    await follows("198.51.100.32");
    expect(await agreed()).toBe("True");
  });

  test("is told by preview and doctor that it announces nothing, and not that this is wrong", async () => {
    expect(await succeeds(lab(noChanges))).toContain(`Not announcing, by the label ${EXCLUDE}: node1.`);
    await doctorSays(/^! Excluded nodes: not announcing, by label: node1$/m);
  });
});

/** The nodes on which they are, one for each. */
async function nodesOf(app: string): Promise<string[]> {
  return (await readyPods(namespace, app)).map(({ spec }) => spec.nodeName ?? "").sort();
}

async function stackConfig(): Promise<Record<string, unknown>> {
  return (parse(await readFile(stackConfigFile(labStack), "utf8")) as { config: Record<string, unknown> }).config;
}

/** On the lab's stack, with `change` laid over its config. */
async function pulumi(change: Readonly<Record<string, unknown>>, ...args: string[]): Promise<CommandResult> {
  const file = join(dir, `Pulumi.${labStack}.yaml`);
  const stack = parse(await readFile(stackConfigFile(labStack), "utf8")) as object;
  await writeFile(file, stringify({ ...stack, config: { ...(await stackConfig()), ...change } }), { mode: 0o600 });
  return lab(["pulumi", ...args, "--non-interactive", "--config-file", file]);
}

async function succeeds(running: Promise<CommandResult>): Promise<string> {
  const { status, stdout, stderr } = await running;
  expect(status, stdout + stderr).toBe(0);
  return stdout + stderr;
}

/** The page does, at its address on the LAN. */
async function answers(): Promise<void> {
  const { statusUrl } = await stackOutputs();
  await eventually(async () => {
    expect(await curl(String(statusUrl))).toContain("ESDDNS");
  });
}

async function follows(ipv4: string): Promise<void> {
  await labOk("wan", ipv4, wan.initialPrefix);
  await eventually(async () => {
    expect(await dig(RECORD, "A")).toEqual([ipv4]);
  }, 180_000);
}

function agreed(): Promise<string> {
  const path = 'jsonpath={.status.conditions[?(@.type=="Agreed")].status}';
  return labOk("kubectl", "get", "wan", "wan", "-n", namespace, "-o", path);
}

async function announcedByNode2(): Promise<void> {
  await doctorSays(/^✓ ARP on the LAN: node2 answers for 192\.168\.1\.100 /m);
}

/** With this line in it the doctor's report has nothing that is wrong. */
async function doctorSays(line: RegExp): Promise<void> {
  await eventually(async () => {
    const { status, stdout, stderr } = await lab(["doctor"]);
    expect(stdout).toMatch(line);
    expect(status, stdout + stderr).toBe(0);
  }, 120_000);
}
