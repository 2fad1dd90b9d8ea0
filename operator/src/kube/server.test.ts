import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fileToken, inClusterServer, serverOrigin } from "./server.ts";
import { virtualClock } from "../runtime/testing.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "esddns-account-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe("serverOrigin", () => {
  it("puts IPv6 addresses in brackets", () => {
    expect(serverOrigin("10.96.0.1", 443)).toBe("https://10.96.0.1:443");
    expect(serverOrigin("fd00:96::1", 6443)).toBe("https://[fd00:96::1]:6443");
    expect(serverOrigin("kubernetes.default.svc", 443)).toBe("https://kubernetes.default.svc:443");
  });
});

describe("fileToken", () => {
  it("reads the file again after a minute, and at once when the token was refused", async () => {
    const clock = virtualClock();
    const path = join(folder, "token");
    await writeFile(path, "one\n");
    const token = fileToken(path, clock);
    expect(await token.current()).toBe("one");
    await writeFile(path, "two\n");
    expect(await token.current()).toBe("one");
    await clock.run(60_000);
    expect(await token.current()).toBe("two");
    await writeFile(path, "three\n");
    token.refused();
    expect(await token.current()).toBe("three");
  });
});

describe("inClusterServer", () => {
  it("says which file is missing", async () => {
    const options = { host: "::1", port: 6443, serviceAccountDir: folder };
    await expect(inClusterServer(options, virtualClock())).rejects.toMatchObject({
      code: "ESDDNS_SERVICE_ACCOUNT",
      message: expect.stringContaining(join(folder, "ca.crt")) as string,
    });
    await writeFile(join(folder, "ca.crt"), "PEM");
    expect(await inClusterServer(options, virtualClock())).toMatchObject({ origin: "https://[::1]:6443", ca: "PEM" });
  });
});
