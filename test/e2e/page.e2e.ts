/** The deployed page under nonsense and under load, from the LAN. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { wan } from "@esddns/lab";
import { dig, eventually, labJson, labOk, stackOutputs } from "./lab.ts";

const namespace = "esddns-development";
const record = "home.example.com";
let url = "";
let before: readonly Pod[] = [];

beforeAll(async () => {
  await labOk("trouble", "off");
  await labOk("wan", wan.initialIpv4, wan.initialPrefix);
  await recordIs(wan.initialIpv4);
  url = String((await stackOutputs())["statusUrl"]);
  before = await pods();
});

afterAll(async () => {
  await labOk("wan", wan.initialIpv4, wan.initialPrefix);
  await recordIs(wan.initialIpv4);
});

describe("nonsense", () => {
  const LONG = "x".repeat(20_000);
  /** What curl is told beside the URL, the path, and the status that must come. */
  const cases: readonly (readonly [what: string, path: string, options: readonly string[], status: number])[] = [
    ["a page that there is none of", "/admin", [], 404],
    ["a way up out of the folder", "/../../etc/passwd", ["--path-as-is"], 404],
    ["the same, encoded", "/%2e%2e/%2e%2e/etc/passwd", ["--path-as-is"], 404],
    ["an encoding that is none", "/%zz", [], 400],
    ["bytes that are no UTF-8", "/%ff%fe", [], 400],
    ["a zero byte", "/raw%00.json", [], 404],
    ["another host as the path, which would redirect", "//evil.example/", ["--path-as-is"], 404],
    ["a long path", `/${"a".repeat(3_000)}`, [], 414],
    ["a long query", `/?q=${"a".repeat(3_000)}`, [], 414],
    ["a header that is too long", "/", ["-H", `x-long: ${LONG}`], 431],
    ["a host that is none", "/", ["-H", "Host: <script>"], 400],
    ["somebody else's host", "/", ["-H", "Host: evil.example"], 421],
    ["somebody else's host, at /raw", "/raw", ["-H", "Host: evil.example"], 421],
    ["somebody else's host, for the metrics", "/metrics", ["-H", "Host: evil.example:80"], 421],
    ["the name of a record", "/", ["-H", "Host: home.example.com"], 200],
    ["the name of the Service", "/", ["-H", "Host: esddns-service.esddns-development.svc.cluster.local"], 200],
    ["no host in HTTP/1.0", "/", ["--http1.0", "-H", "Host:"], 200],
    ["POST", "/", ["-X", "POST", "-d", "a=b"], 405],
    ["PUT", "/raw", ["-X", "PUT", "-d", "{}"], 405],
    ["DELETE", "/", ["-X", "DELETE"], 405],
    ["OPTIONS", "/", ["-X", "OPTIONS"], 405],
    ["TRACE", "/", ["-X", "TRACE"], 405],
    ["a method that is none", "/metrics", ["-X", "BREW"], 400],
    ["POST /probe, which the page has not", "/probe", ["-X", "POST"], 404],
    ["a body that is promised and never comes", "/healthz", ["-H", "Content-Length: 5", "-X", "GET"], 200],
    ["HEAD", "/", ["-I"], 200],
    ["HEAD of what is not there", "/nothing", ["-I"], 404],
  ];

  test.each(cases)("%s", async (_what, path, options, status) => {
    const { code, body, headers } = await request(path, options);
    expect(code).toBe(status);
    expect(body).not.toMatch(/evil\.example|<script>|\bat [\w.]+ \(|node:internal/);
    expect(headers).not.toMatch(/^(location|set-cookie|access-control-|x-powered-by|server):/im);
    // Node itself refuses some before any page is asked, and then says nothing more than the status.
    if (code !== 431 && !options.includes("BREW")) {
      expect(headers).toMatch(/^content-security-policy: default-src 'none'/im);
      expect(headers).toMatch(/^x-content-type-options: nosniff/im);
    }
  });

  test("and after all that no pod was restarted, and the page answers", async () => {
    expect((await request("/", [])).code).toBe(200);
    expect(await pods()).toEqual(before);
  });
});

test("whoever holds every connection of a pod of the page keeps visitors out for a while, and not the kubelet", async () => {
  const { items } = await labJson<{ items: { spec: { nodeName: string }; status: { podIP: string } }[] }>(
    ...["kubectl", "get", "pods", "-n", namespace, "-l", "app=esddns-service", "-o", "json"],
  );
  const [pod] = items;
  if (pod === undefined) expect.unreachable();
  const held = await labJson("exec", pod.spec.nodeName, process.execPath, "-e", HOLD, pod.status.podIP);
  expect(held).toEqual({ page: 0, health: 200 });
  await eventually(async () => {
    expect((await request("/", [])).code).toBe(200);
  });
  expect(await pods()).toEqual(before);
});

describe("a burst of requests", () => {
  test("keeps no change of address from DNS, and restarts no pod", async () => {
    const burst = labJson<Record<string, number>>("exec", "client", process.execPath, "-e", BURST, url);
    await labOk("wan", "198.51.100.77");
    await recordIs("198.51.100.77");
    const statuses = await burst;
    expect(Object.keys(statuses)).toEqual(["200"]);
    expect(statuses["200"]).toBeGreaterThan(2_000);
    expect(await pods()).toEqual(before);
  });
});

/** More connections than a pod takes, without a word; prints what it answers to others meanwhile, 0: nothing. */
const HOLD = `
  const host = process.argv[1].includes(":") ? "[" + process.argv[1] + "]" : process.argv[1];
  const opened = () => new Promise((resolve) => {
    require("node:net").connect(8080, process.argv[1], resolve).on("error", resolve);
  });
  const ask = (port) => fetch("http://" + host + ":" + port + "/healthz").then(({ status }) => status, () => 0);
  (async () => {
    await Promise.all(Array.from({ length: 300 }, opened));
    const answers = { page: await ask(8080), health: await ask(8082) };
    process.stdout.write(JSON.stringify(answers), () => process.exit());
  })();
`;

/** 48 at a time, 6000 in all; prints how often each status came. */
const BURST = `
  const counts = {};
  let left = 6000;
  const paths = ["", "raw", "metrics", "healthz"];
  const one = async () => {
    while (left-- > 0) {
      const answer = await fetch(process.argv[1] + paths[left % paths.length]).catch((error) => ({ status: error.cause?.code ?? error.name, text() {} }));
      await answer.text();
      counts[answer.status] = (counts[answer.status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: 48 }, one));
  process.stdout.write(JSON.stringify(counts));
`;

/** One request from the LAN client; -i puts the headers before the body. */
async function request(
  path: string,
  options: readonly string[],
): Promise<{ code: number; headers: string; body: string }> {
  const target = url.replace(/\/$/, "") + path;
  const answer = await labOk("exec", "client", "curl", "-sS", "-i", "--max-time", "8", ...options, target);
  const [headers = "", ...body] = answer.split(/\r?\n\r?\n/);
  return { code: Number(/^HTTP\/1\.1 (\d+)/.exec(headers)?.[1]), headers, body: body.join("\n\n") };
}

type Pod = readonly [name: string, restarts: number];

async function pods(): Promise<Pod[]> {
  const { items } = await labJson<{
    items: { metadata: { name: string }; status: { containerStatuses: { restartCount: number }[] } }[];
  }>("kubectl", "get", "pods", "-n", namespace, "-o", "json");
  return items.map(({ metadata, status }) => [metadata.name, status.containerStatuses[0]?.restartCount ?? 0] as const);
}

async function recordIs(ipv4: string): Promise<void> {
  await eventually(async () => {
    expect(await dig(record, "A")).toEqual([ipv4]);
  }, 180_000);
}
