/**
 * ServiceLB, the load balancer of k3s, beside MetalLB, by a stand-in: the DaemonSet that it makes for a Service, on nodes
 * that the lab does not have, and the nodes' addresses in the Service's status. MetalLB's controller rests meanwhile: the
 * two would take the address from each other for ever, and ServiceLB is to have won.
 */
import { afterAll, expect, test } from "vitest";
import { curl, eventually, lab, labJson, labOk, stackOutputs } from "./lab.ts";
import { told } from "./secondStack.ts";

const namespace = "esddns-development";
const service = "esddns-service";
const name = `svclb-${service}-1a2b3c4d`;
const nodes = ["192.168.1.11", "192.168.1.12"];
const labels = { app: name, "svccontroller.k3s.cattle.io/svcname": service };
const up = ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"] as const;

afterAll(async () => {
  await withoutServiceLb();
  await labOk(...up);
});

test("k3s' ServiceLB is named by preview and doctor, and no output passes a node's address for the page's", async () => {
  await labOk(...up);
  const before = await stackOutputs();
  expect(before["loadBalancerIp"]).toMatch(/^192\.168\.1\.1\d\d$/);

  await controllers(0);
  await apply(daemonSet);
  await writeStatus(nodes);
  const preview = await lab(["pulumi", "preview", "--non-interactive"]);
  expect(preview.status, told(preview)).toBe(0);
  expect(told(preview)).toMatch(
    new RegExp(`\\[servicelb\\] .*\\(DaemonSet kube-system/${name}\\).*--disable=servicelb`),
  );
  expect(told(preview)).toMatch(/has the address 192\.168\.1\.11, 192\.168\.1\.12, which is in no address pool/);
  await labOk(...up);
  expect(await stackOutputs()).toEqual({ ...before, loadBalancerIp: null, statusUrl: null });
  const { stdout } = await lab(["doctor", namespace]);
  expect(stdout).toMatch(/✗ LoadBalancer address: .*192\.168\.1\.11, 192\.168\.1\.12 are in no pool of MetalLB's/);
  expect(stdout).toMatch(new RegExp(`ServiceLB.*kube-system/${name}.*--disable=servicelb`));

  await withoutServiceLb();
  await eventually(async () => {
    expect(await addresses()).toContain(before["loadBalancerIp"]);
    expect(await addresses()).not.toContain(nodes[0]);
    expect(await curl(String(before["statusUrl"]))).toContain("ESDDNS");
  }, 120_000);
  const well = await lab([...up]);
  expect(told(well)).not.toContain("[servicelb]");
  expect(await stackOutputs()).toMatchObject({
    loadBalancerIp: before["loadBalancerIp"],
    statusUrl: before["statusUrl"],
  });
  await eventually(async () => {
    expect((await lab(["doctor", namespace])).stdout).toMatch(/^✓ LoadBalancer address/m);
  });
});

const daemonSet = {
  apiVersion: "apps/v1",
  kind: "DaemonSet",
  metadata: {
    name,
    namespace: "kube-system",
    labels: { "svccontroller.k3s.cattle.io/svcnamespace": namespace, ...labels },
  },
  spec: {
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels },
      spec: {
        // The label by which people tell ServiceLB its nodes.
        nodeSelector: { "svccontroller.k3s.cattle.io/enablelb": "true" },
        containers: [{ name: "lb-tcp-80", image: "rancher/klipper-lb:v0.4.13", ports: [{ containerPort: 80 }] }],
      },
    },
  },
};

/** What `--disable=servicelb` does, and MetalLB's controller again. */
async function withoutServiceLb(): Promise<void> {
  await labOk("kubectl", "delete", "daemonset", name, "-n", "kube-system", "--ignore-not-found");
  await controllers(1);
}

async function controllers(count: number): Promise<void> {
  const metallb = ["-n", "metallb-system"];
  await labOk("kubectl", "scale", ...metallb, "deployment/metallb-controller", `--replicas=${count}`);
  if (count > 0) await labOk("kubectl", "rollout", "status", ...metallb, "deployment/metallb-controller");
  else await labOk("kubectl", "wait", ...metallb, "--for=delete", "pod", "-l", "component=controller");
}

async function apply(object: object): Promise<void> {
  const applied = await lab(["kubectl", "apply", "-f", "-"], { stdin: JSON.stringify(object) });
  expect(applied.status, told(applied)).toBe(0);
}

async function writeStatus(ips: readonly string[]): Promise<void> {
  const status = { loadBalancer: { ingress: ips.map((ip) => ({ ip, ipMode: "VIP" })) } };
  const patch = ["--subresource=status", "--type=merge", "-p", JSON.stringify({ status })];
  await labOk("kubectl", "patch", "service", service, "-n", namespace, ...patch);
}

async function addresses(): Promise<string[]> {
  const { status } = await labJson<{ status: { loadBalancer: { ingress?: { ip: string }[] } } }>(
    ...["kubectl", "get", "service", service, "-n", namespace, "-o", "json"],
  );
  return (status.loadBalancer.ingress ?? []).map(({ ip }) => ip);
}
