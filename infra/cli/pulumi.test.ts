import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { readStackConfig } from "./pulumi.ts";
import { deployConfig, readConfig } from "./stackConfig.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "esddns-pulumi-"));
  vi.stubEnv("PATH", `${dir}:${process.env["PATH"] ?? ""}`);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(dir, { recursive: true });
});

const BGP = {
  peers: [{ name: "r", myASN: 64500, peerASN: 64501, peerAddress: "192.168.1.1", password: "of-the-session" }],
  advertisements: [{ name: "b", pools: ["p"] }],
};
/** The config as `pulumi config --json` prints it: a key that holds a secret has no value. */
const LISTED = {
  "esddns:namespace": { value: "dns", secret: false },
  "esddns:gandiToken": { secret: true },
  "esddns:image": { objectValue: { reference: `x@sha256:${"a".repeat(64)}` } },
  "esddns:pools": { objectValue: [{ name: "p", addresses: ["10.64.0.0/24"] }] },
  "esddns:l2": { objectValue: [] },
  "esddns:bgp": { secret: true },
};

function cli(get: string): void {
  const script = `#!/bin/sh\nif [ "$2" = get ]; then\n${get}\nelse\ncat <<'END'\n${JSON.stringify(LISTED)}\nEND\nfi\n`;
  writeFileSync(join(dir, "pulumi"), script);
  chmodSync(join(dir, "pulumi"), 0o755);
}

it("a config whose BGP has a password of its own is judged with its BGP", async () => {
  cli(`[ "$3" = esddns:bgp ] && cat <<'END'\n${JSON.stringify(BGP)}\nEND`);
  const stored = await readStackConfig("production");
  expect(stored["esddns:gandiToken"]).toEqual({ secret: true });
  const request = { stack: "production", ranges: [], image: undefined, adopt: false };
  expect(deployConfig(stored, request, false)).toMatchObject({ ok: true, changes: {}, config: { namespace: "dns" } });
  expect(readConfig(stored, "production")).toMatchObject({ namespace: "dns" });
});

it("one that cannot be decrypted is told, and not judged without", async () => {
  cli("echo 'error: passphrase must be set' >&2; exit 255");
  await expect(readStackConfig("production")).rejects.toThrow("esddns:bgp: error: passphrase must be set");
});
