import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { stringify } from "yaml";
import { expect, test } from "vitest";
import { isContent, kubeTransport, loadKubeConfig } from "./kubeconfig.ts";

test("requests arrive whole, one after the other on one connection", async () => {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      seen.push(`${request.method ?? ""} ${request.url ?? ""} ${request.headers.authorization ?? ""} ${body}`);
      response.writeHead(request.method === "GET" ? 404 : 200).end(request.method === "GET" ? "plain" : '{"ok":true}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const send = kubeTransport(loadKubeConfig(kubeconfig((server.address() as AddressInfo).port), undefined));
  const { signal } = new AbortController();
  const body = { name: "é" };
  try {
    expect(await send({ method: "DELETE", path: "/api/v1/x", body }, signal)).toEqual({
      status: 200,
      body: { ok: true },
    });
    expect(await send({ method: "GET", path: "/y", query: { force: "true" } }, signal)).toEqual({
      status: 404,
      body: { message: "plain" },
    });
  } finally {
    server.close();
    server.closeAllConnections();
  }
  expect(seen).toEqual(['DELETE /api/v1/x Bearer token {"name":"é"}', "GET /y?force=true Bearer token "]);
});

test("a kubeconfig is a file's name, or content in YAML or JSON", () => {
  expect(isContent("/var/lib/cluster/kubeconfig")).toBe(false);
  expect(isContent(kubeconfig(1))).toBe(true);
  expect(isContent(JSON.stringify({ kind: "Config" }))).toBe(true);
});

test("a context that does not exist is an error", () => {
  expect(() => loadKubeConfig(kubeconfig(1), "elsewhere")).toThrow("no cluster in the current context");
});

test("a file that does not exist is an error", () => {
  expect(() => loadKubeConfig("/nonexistent", undefined)).toThrow("/nonexistent");
});

function kubeconfig(port: number): string {
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "c", cluster: { server: `http://127.0.0.1:${port}`, "insecure-skip-tls-verify": true } }],
    users: [{ name: "u", user: { token: "token" } }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
    "current-context": "x",
  });
}
