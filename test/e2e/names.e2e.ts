/** What pods reach by name on nodes whose search domain has a wildcard record, as a domain that is used at home has. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { homeDomain, internet, lan } from "@esddns/lab";
import { eventually, lab, labJson, labOk, stackOutputs } from "./lab.ts";

const namespace = "esddns-development";
const PROBE = "names-probe";
const gandi = [internet.gandi.ipv6, internet.gandi.ipv4].sort();
const wildcard = [lan.router.ipv4, lan.router.ipv6].sort();

/** A pod of the product's image with the usual DNS settings, with and without those that the image brings. */
beforeAll(async () => {
  await removeProbe();
  const image = String((await stackOutputs())["operatorImage"]);
  const containers = [
    { name: "bare", image, command: lookUp("api.gandi.net", { bare: true }) },
    { name: "image", image, command: lookUp("api.gandi.net") },
    {
      name: "settings",
      image,
      command: ["/usr/bin/node", "-p", 'require("node:fs").readFileSync("/etc/resolv.conf", "utf8")'],
    },
  ];
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: PROBE },
    spec: { containers, restartPolicy: "Never" },
  };
  const made = await lab(["kubectl", "apply", "-f", "-"], { stdin: JSON.stringify(pod) });
  expect(made.status, made.stderr).toBe(0);
  await eventually(async () => {
    expect(await labOk("kubectl", "get", "pod", PROBE, "-o", "jsonpath={.status.phase}")).toBe("Succeeded");
  });
});

afterAll(removeProbe);

test("by a pod's usual settings the nodes' search domain leads api.gandi.net to the wildcard record", async () => {
  const settings = await labOk("kubectl", "logs", PROBE, "-c", "settings");
  expect(settings).toMatch(new RegExp(`^search .* ${homeDomain}$`, "m"));
  expect(settings).toMatch(/^options ndots:5$/m);
  expect(addresses(await labOk("kubectl", "logs", PROBE, "-c", "bare"))).toEqual(wildcard);
});

test("in the product's image it leads to Gandi whatever DNS settings the pod has", async () => {
  expect(addresses(await labOk("kubectl", "logs", PROBE, "-c", "image"))).toEqual(gandi);
});

test.each(["esddns-operator", "esddns-service"])(
  "in the pods of %s it leads to Gandi by their own settings",
  async (app) => {
    for (const pod of await pods(app)) {
      expect(addresses(await inPod(pod, lookUp("api.gandi.net", { bare: true }))), pod).toEqual(gandi);
    }
  },
);

test("a name that exists in a search domain only, as that of a Service may, is found there", async () => {
  for (const pod of await pods("esddns-operator")) {
    expect(addresses(await inPod(pod, lookUp("ntfy.default.svc"))), pod).toEqual(wildcard);
  }
});

/** `bare`: without what the image says, which glibc reads at the first look-up. */
function lookUp(name: string, { bare = false } = {}): string[] {
  const print = "(error, found) => console.log(JSON.stringify(error ?? found))";
  const ask = `require("node:dns").lookup(${JSON.stringify(name)}, { all: true }, ${print})`;
  return ["/usr/bin/node", "-e", bare ? `delete process.env.RES_OPTIONS; ${ask}` : ask];
}

function addresses(printed: string): string[] {
  return (JSON.parse(printed) as { address: string }[]).map(({ address }) => address).sort();
}

function inPod(pod: string, command: readonly string[]): Promise<string> {
  return labOk("kubectl", "exec", "-n", namespace, pod, "--", ...command);
}

async function pods(app: string): Promise<string[]> {
  const { items } = await labJson<{ items: { metadata: { name: string } }[] }>(
    ...["kubectl", "get", "pods", "-n", namespace, "-l", `app=${app}`, "-o", "json"],
  );
  expect(items).not.toEqual([]);
  return items.map(({ metadata }) => metadata.name);
}

async function removeProbe(): Promise<void> {
  await labOk("kubectl", "delete", "pod", PROBE, "--ignore-not-found");
}
