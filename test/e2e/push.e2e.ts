/** Rounds that somebody asks for, instead of the next one in ten minutes. */
import { expect, test } from "vitest";
import { eventually, lab, labOk } from "./lab.ts";

const namespace = "esddns-development";
/** A node that has just looked five times in a row looks once a minute. */
const patienceMs = 90_000;

test("an annotation of the WanAddress has every node look at once", async () => {
  const before = await rounds();
  expect(before).toHaveLength(2);
  await labOk("kubectl", "annotate", "-n", namespace, "wan/wan", "--overwrite", `esddns.io/probe=${Date.now()}`);
  await eventually(async () => {
    const after = await rounds();
    expect(
      after.filter(([pod, count]) => count > (before.find(([name]) => name === pod)?.[1] ?? Infinity)),
    ).toHaveLength(2);
  }, patienceMs);
});

test("a router's script with the token starts a round, and nobody else does", async () => {
  const url = `http://${await pushAddress()}:8081/probe`;
  const post = async (header: string) => {
    const options = ["-sS", "-o", "/dev/null", "-w", "%{http_code}", "--max-time", "10", "-X", "POST", "-H", "@-"];
    return (await lab(["exec", "client", "curl", ...options, url], { stdin: header })).stdout;
  };
  const before = await rounds();
  expect(await post("")).toBe("401");
  expect(await post("Authorization: Bearer guessed")).toBe("401");
  const token = await labOk("kubectl", "get", "secret", "esddns-push", "-n", namespace, "-o", "jsonpath={.data.token}");
  expect(await post(`Authorization: Bearer ${Buffer.from(token, "base64").toString()}`)).toBe("202");
  await eventually(async () => {
    const sum = (all: readonly (readonly [string, number])[]) => all.reduce((total, [, count]) => total + count, 0);
    expect(sum(await rounds())).toBeGreaterThan(sum(before));
  }, patienceMs);
});

test("the push address shows the LAN nothing but /probe", async () => {
  const address = await pushAddress();
  for (const path of ["", "raw", "metrics", "healthz"]) {
    const options = ["-sS", "-o", "/dev/null", "-w", "%{http_code}", "--max-time", "10"];
    const code = await labOk("exec", "client", "curl", ...options, `http://${address}:8081/${path}`);
    expect([path, code]).toEqual([path, "404"]);
  }
});

function pushAddress(): Promise<string> {
  const path = "jsonpath={.status.loadBalancer.ingress[0].ip}";
  return labOk("kubectl", "get", "service", "esddns-push", "-n", namespace, "-o", path);
}

/** Full rounds so far, by pod of the operator. */
async function rounds(): Promise<(readonly [pod: string, count: number])[]> {
  const names = (
    await labOk(
      "kubectl",
      "get",
      "pods",
      "-n",
      namespace,
      "-l",
      "app=esddns-operator",
      "-o",
      "jsonpath={.items[*].metadata.name}",
    )
  ).split(" ");
  return Promise.all(
    names.map(async (pod) => {
      const path = `/api/v1/namespaces/${namespace}/pods/${pod}:8080/proxy/metrics`;
      const metrics = await labOk("kubectl", "get", "--raw", path);
      return [pod, Number(/^esddns_rounds_total (\d+)/m.exec(metrics)?.[1])] as const;
    }),
  );
}
