import { describe, expect, it } from "vitest";
import { externalIpsOf } from "./externalIps.ts";
import { nodes } from "./resources.ts";

const signal = new AbortController().signal;

describe("the ExternalIP of a node", () => {
  function ask(status: unknown): Promise<readonly string[]> {
    const parsed = nodes.parse({ apiVersion: "v1", kind: "Node", metadata: { name: "node1" }, status });
    if (!parsed.ok) throw new Error(parsed.problem);
    const { value } = parsed;
    const get = (_resource: unknown, { name }: { name: string }) =>
      Promise.resolve(name === "node1" ? { ok: true, value } : { ok: false });
    return externalIpsOf({ get: get as never }, "node1")(signal);
  }

  it("is told apart from its other addresses", async () => {
    const addresses = [
      { type: "InternalIP", address: "192.168.1.11" },
      { type: "ExternalIP", address: "9.9.9.9" },
      { type: "Hostname", address: "node1" },
      { type: "ExternalIP", address: "2606:4700::1" },
    ];
    expect(await ask({ addresses })).toEqual(["9.9.9.9", "2606:4700::1"]);
  });

  it("is missing on most nodes, which is no failure", async () => {
    expect(await ask({})).toEqual([]);
  });

  it("that may not be read is a failure in the API server's words", async () => {
    const get = (): Promise<unknown> => Promise.resolve({ ok: false, error: { kind: "Forbidden", message: "no" } });
    await expect(externalIpsOf({ get: get as never }, "node1")(signal)).rejects.toThrow("Forbidden: no");
  });
});
