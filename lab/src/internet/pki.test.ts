import { X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "esddns-pki-"));
  vi.stubEnv("ESDDNS_LAB_STATE", dir);
  vi.resetModules();
});

afterEach(async () => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
  await rm(dir, { recursive: true });
});

async function setUp() {
  const { ensureCa, ensureCertificate } = await import("./pki.ts");
  const { caCertificate, caKey, tlsFiles } = await import("./files.ts");
  await ensureCa();
  const certificateOf = async (file: string): Promise<X509Certificate> => new X509Certificate(await readFile(file));
  return { ensureCa, ensureCertificate, caCertificate, caKey, tlsFiles, certificateOf };
}

describe("the lab's PKI", () => {
  it("issues a certificate for every name of a host, with keys that only root reads", async () => {
    const { ensureCertificate, caCertificate, caKey, tlsFiles, certificateOf } = await setUp();
    await ensureCertificate("echo", ["one.example", "two.example"]);
    const [ca, leaf] = [await certificateOf(caCertificate), await certificateOf(tlsFiles("echo").certificate)];
    expect(leaf.subjectAltName).toBe("DNS:one.example, DNS:two.example");
    expect([ca.ca, leaf.ca, leaf.checkIssued(ca), leaf.verify(ca.publicKey)]).toEqual([true, false, true, true]);
    for (const key of [caKey, tlsFiles("echo").key]) expect((await stat(key)).mode & 0o777).toBe(0o600);
  });

  it("keeps what is good and makes anew what is for other names, or by another CA", async () => {
    const { ensureCa, ensureCertificate, caCertificate, tlsFiles } = await setUp();
    const read = () => readFile(tlsFiles("echo").certificate, "utf8");
    await ensureCertificate("echo", ["one.example"]);
    const first = await read();
    await ensureCa();
    await ensureCertificate("echo", ["one.example"]);
    expect(await read()).toBe(first);
    await ensureCertificate("echo", ["two.example"]);
    const second = await read();
    expect(second).not.toBe(first);
    await rm(caCertificate);
    await ensureCa();
    await ensureCertificate("echo", ["two.example"]);
    expect(await read()).not.toBe(second);
  });

  it("renews a certificate in its last month", async () => {
    const { ensureCertificate, tlsFiles, certificateOf } = await setUp();
    await ensureCertificate("echo", ["one.example"]);
    const before = await certificateOf(tlsFiles("echo").certificate);
    vi.useFakeTimers({ toFake: ["Date"], now: before.validToDate.getTime() - 29 * 86_400_000 });
    await ensureCertificate("echo", ["one.example"]);
    expect((await certificateOf(tlsFiles("echo").certificate)).serialNumber).not.toBe(before.serialNumber);
  });
});
