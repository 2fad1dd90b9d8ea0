/** Every failure of the former guide's troubleshooting, brought about: does the doctor name it? */
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FIELD_MANAGER } from "../../infra/kubernetes/fieldManager.ts";
import { lan, wan } from "@esddns/lab";
import { dig, eventually, lab, labJson, labOk } from "./lab.ts";
import { goodToken, storeToken } from "./token.ts";

const namespace = "esddns-development";
const metallb = "metallb-system";
const excluded = "node.kubernetes.io/exclude-from-external-load-balancers";

beforeAll(async () => {
  await labOk("trouble", "off");
  await labOk("wan", wan.initialIpv4, wan.initialPrefix);
  await eventually(async () => {
    expect(await dig("home.example.com", "A")).toEqual([wan.initialIpv4]);
  }, 180_000);
});

afterAll(async () => {
  await wellAgain();
});

describe("the doctor", () => {
  test("finds a stack that is well to be well, from the LAN, and says what a person has to see to", async () => {
    const { output } = await wellAgain();
    expect(output).toMatch(/✓ ARP on the LAN: node[12] answers for 192\.168\.1\.\d+/);
    expect(output).toMatch(/✓ Free addresses: nobody answers for the \d+ that are free/);
    expect(output).toMatch(/✓ STUN: STUN servers answer: udp \d+ of \d+/);
    expect(output).toMatch(/✓ Records in DNS: ns1\.gandi\.net says? A 198\.51\.100\.20/);
    expect(output).toContain("[x] The page answers there");
    expect(output).toContain("[?] Whoever runs the network knows of the addresses");
  });

  test("looks from a pod of the page with that pod's rights, and calls nothing wrong that it may not see", async () => {
    const { status, stdout } = await lab([
      "kubectl",
      "exec",
      "-n",
      namespace,
      "deploy/esddns-service",
      "--",
      "node",
      "/app/esddns.cjs",
      "doctor",
    ]);
    expect(stdout).not.toContain("✗");
    expect(status).toBe(0);
    expect(stdout).toContain("? MetalLB's pods: this pod has no right to read it");
    expect(stdout).toMatch(/✓ Address pools: esddns-pool/);
    expect(stdout).toMatch(/✓ Announcing node: announced by node[12]/);
    expect(stdout).toMatch(/✓ WAN address: 198\.51\.100\.20/);
  });

  test("refuses what is no namespace, and says which stack it cannot find", async () => {
    expect((await lab(["doctor", "--help"])).status).toBe(2);
    const { status, stdout } = await lab(["doctor", "no-such-namespace"]);
    expect(status).toBe(1);
    expect(stdout).toContain("✗ WAN address: no WanAddress in no-such-namespace");
  });
});

describe("MetalLB", () => {
  test("a pool that somebody has deleted", async () => {
    await without("ipaddresspool", "esddns-pool", async () => {
      await names(/✗ Address pools: (no IPAddressPool in|the stack's pool esddns-pool is not in) metallb-system/);
      await names(/✗ LoadBalancer address: esddns-service is <pending>/);
    });
  });

  test("no advertisement", async () => {
    const all = await labJson<{ items: { metadata: { name: string } }[] }>(
      ...["kubectl", "get", "l2advertisements", "-n", metallb, "-o", "json"],
    );
    const [first] = all.items;
    await without("l2advertisement", first?.metadata.name ?? "", () =>
      names(/✗ Advertisement: nothing announces esddns-pool/, /✗ Announcing node: no node announces/),
    );
  });

  test("the label on every node that forbids them to announce", async () => {
    const label = (value: string) => labOk("kubectl", "label", "nodes", "--all", "--overwrite", value);
    try {
      await label(`${excluded}=`);
      await names(/✗ Excluded nodes: every node has the label/);
    } finally {
      await label(`${excluded}-`);
    }
  });

  test("no speaker, no controller, and so no webhook", async () => {
    const speakers = (selector: string | null) =>
      patch(metallb, "daemonset/metallb-speaker", { "esddns.io/nowhere": selector });
    const controllers = (count: number) =>
      labOk("kubectl", "scale", "-n", metallb, "deployment/metallb-controller", `--replicas=${count}`);
    try {
      await speakers("true");
      await names(/✗ MetalLB's pods: no speaker of MetalLB in metallb-system/);
      await speakers(null);
      await controllers(0);
      await names(
        /✗ MetalLB's pods: no controller of MetalLB in metallb-system/,
        /✗ MetalLB's webhook: MetalLB's webhook has no ready endpoint/,
      );
    } finally {
      await speakers(null);
      await controllers(1);
    }
  });

  test("a pool whose IPv4 addresses are all given away, however many of IPv6 are free", async () => {
    // A page of nobody's, in a namespace of its own: the stack's keeps its address.
    const crowd = "full-pool";
    const services = (...names: string[]) => createServices(crowd, names);
    try {
      await labOk("kubectl", "create", "namespace", crowd);
      await services(...Array.from({ length: await freeIpv4() }, (_, i) => `holder-${i}`));
      await eventually(async () => {
        expect(await freeIpv4()).toBe(0);
      }, 120_000);
      await services("esddns-service");
      await namesIn(
        crowd,
        /✗ Address pools: every pool is full: esddns-pool \(.*\) IPv4 (\d+) of \1 in use, IPv6 (?!(\d+) of \2 )\d+ of \d+ in use/,
        /✗ LoadBalancer address: esddns-service is <pending>; MetalLB says: Failed to allocate IP/,
      );
      const { stdout } = await lab(["doctor", namespace]);
      expect(stdout).toMatch(/^! Address pools: full: esddns-pool .*\n {4}→ Add addresses to esddns:pools/m);
    } finally {
      await labOk("kubectl", "delete", "namespace", crowd, "--ignore-not-found");
    }
  });

  test("another device that has an address of the pool, before first use and after", async () => {
    const taken = "192.168.1.107";
    const device = (verb: string) =>
      labOk("exec", lan.router.name, "ip", "address", verb, `${taken}/32`, "dev", "lan0");
    try {
      await device("add");
      await names(new RegExp(`✗ Free addresses: another device answers for ${taken} \\(`));
      const before = await lab(["doctor", "--addresses", "192.168.1.105-192.168.1.108"]);
      expect(before).toMatchObject({ status: 1, stdout: expect.stringContaining(taken) as string });
    } finally {
      await device("delete");
    }
    const free = await lab(["doctor", "--addresses", "192.168.1.108/31"]);
    expect(free).toMatchObject({ status: 0, stdout: "✓ nobody answers for the 2 that are free\n" });
  });
});

describe("the page and the operator", () => {
  test("no pod of the page", async () => {
    const pages = (count: number) =>
      labOk("kubectl", "scale", "-n", namespace, "deployment/esddns-service", `--replicas=${count}`);
    try {
      await pages(0);
      await names(/✗ Page: .*; its pods do not answer either \(there are none\)/);
    } finally {
      await pages(2);
    }
  });

  test("a firewall between this machine and the page", async () => {
    const { status } = await labJson<{ status: { loadBalancer: { ingress: { ip: string }[] } } }>(
      ...["kubectl", "get", "service", "esddns-service", "-n", namespace, "-o", "json"],
    );
    const rules = (verb: string) =>
      status.loadBalancer.ingress
        .map(({ ip }) => [ip.includes(":") ? "ip6tables" : "iptables", ip] as const)
        .map(([program, ip]) => `${program} -w -${verb} OUTPUT -d ${ip} -p tcp --dport 80 -j DROP`)
        .join("; ");
    const firewall = (verb: string) => labOk("exec", lan.client.name, "sh", "-c", rules(verb));
    try {
      await firewall("I");
      await names(
        /✗ Page: http:\S+ does not answer from here \(\w+\); its pods do answer through the API server/,
        /→ .*Is a firewall on the nodes in the way\?/,
      );
    } finally {
      await firewall("D");
    }
  });

  test("STUN that a firewall stops, by transport", async () => {
    const rules = (verb: string) =>
      ["iptables", "ip6tables"]
        .map((program) => `${program} -w -${verb} FORWARD -i lan0 -p udp -m multiport --dports 3478,19302 -j DROP`)
        .join("; ");
    const firewall = (verb: string) => labOk("exec", lan.router.name, "sh", "-c", rules(verb));
    try {
      await firewall("I");
      await lookNow();
      await names(/[!✗] STUN: STUN servers answer: udp 0 of \d+/, /udp: .*Timeout\. It needs UDP out to ports 3478/);
    } finally {
      await firewall("D");
      await lookNow();
    }
  });

  test("a token that Gandi no longer takes", async () => {
    const good = await goodToken();
    try {
      await storeToken(namespace, randomBytes(20).toString("hex"));
      await names(
        /✗ Gandi's token: Gandi refuses the token \(TokenRefused\)/,
        /✗ Records at Gandi: home\.example\.com TokenRefused/,
      );
    } finally {
      await storeToken(namespace, good);
    }
  });
});

/** All that was said, once it says all of this. */
function names(...said: readonly RegExp[]): Promise<void> {
  return namesIn(namespace, ...said);
}

async function namesIn(stack: string, ...said: readonly RegExp[]): Promise<void> {
  await eventually(async () => {
    const { status, stdout } = await lab(["doctor", stack]);
    for (const pattern of said) expect(stdout).toMatch(pattern);
    expect(status).toBe(1);
    // Whatever is wrong comes with what to do.
    expect(stdout).not.toMatch(/^✗[^\n]*\n(?! {4}→)/m);
  }, 90_000);
}

async function wellAgain(): Promise<{ output: string }> {
  return eventually(async () => {
    const { status, stdout, stderr } = await lab(["doctor"]);
    expect(status, stdout + stderr).toBe(0);
    return { output: stdout };
  }, 120_000);
}

/** How many IPv4 addresses of the stack's pool are free. */
async function freeIpv4(): Promise<number> {
  const { status } = await labJson<{ status: { availableIPv4: number } }>(
    ...["kubectl", "get", "ipaddresspool", "esddns-pool", "-n", metallb, "-o", "json"],
  );
  return status.availableIPv4;
}

/** Services that each want an IPv4 address of the stack's pool. */
async function createServices(inNamespace: string, serviceNames: readonly string[]): Promise<void> {
  const items = serviceNames.map((name) => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: inNamespace, annotations: { "metallb.io/address-pool": "esddns-pool" } },
    spec: { type: "LoadBalancer", ipFamilyPolicy: "SingleStack", ipFamilies: ["IPv4"], ports: [{ port: 80 }] },
  }));
  const list = JSON.stringify({ apiVersion: "v1", kind: "List", items });
  const { status, stderr } = await lab(["kubectl", "create", "-f", "-"], { stdin: list });
  expect(status, stderr).toBe(0);
}

/** Deletes an object of MetalLB's for as long as `during` takes. It comes back as the stack's, whose manager owns its fields. */
async function without(kind: string, name: string, during: () => Promise<void>): Promise<void> {
  const found = await labJson<{ metadata: Record<string, unknown> }>(
    ...["kubectl", "get", kind, name, "-n", metallb, "-o", "json"],
  );
  const { labels, annotations } = found.metadata;
  // The API server drops a status that comes with a creation.
  const stored = { ...found, metadata: { name, namespace: metallb, labels, annotations } };
  try {
    await labOk("kubectl", "delete", kind, name, "-n", metallb);
    await during();
  } finally {
    const apply = ["kubectl", "apply", "--server-side", "--field-manager", FIELD_MANAGER, "-f", "-"];
    const created = await lab(apply, { stdin: JSON.stringify(stored) });
    expect(created.status, created.stderr).toBe(0);
  }
}

async function patch(ns: string, name: string, nodeSelector: Record<string, string | null>): Promise<void> {
  const spec = { template: { spec: { nodeSelector } } };
  await labOk("kubectl", "patch", "-n", ns, name, "-p", JSON.stringify({ spec }));
}

/** Every node looks at once. */
async function lookNow(): Promise<void> {
  await labOk("kubectl", "annotate", "-n", namespace, "wan/wan", "--overwrite", `esddns.io/probe=${Date.now()}`);
}
