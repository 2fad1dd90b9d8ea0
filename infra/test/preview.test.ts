import { beforeAll, describe, expect, it } from "vitest";
import { CONFIG, runProgram, type ProgramRun } from "./testing.ts";

let program: ProgramRun;
beforeAll(async () => {
  // Nothing is there yet, and the token is missing: neither keeps a preview from working.
  program = await runProgram({ ...CONFIG, gandiToken: "" }, { preview: true });
});

describe("the first preview", () => {
  it("has outputs that are not known yet, and no error", () => {
    expect(program.outputs).toMatchObject({
      namespace: "esddns-production",
      wanAddressId: "esddns-production/wan",
      live: true,
    });
    expect(program.outputs.wanIp).toBeUndefined();
    expect(program.outputs.loadBalancerIp).toBeUndefined();
    expect(program.outputs.pools).toBeUndefined();
  });

  it("registers everything that an up would", () => {
    const kinds = new Set(program.resources.map(({ type }) => type.split(":").at(-1)));
    for (const kind of ["Release", "IPAddressPool", "DaemonSet", "Deployment", "Service", "WanAddress", "DnsRecord"]) {
      expect(kinds).toContain(kind);
    }
  });

  it("shows the Secret, without a value in the place of the missing token", () => {
    const secret = program.one("kubernetes:core/v1:Secret");
    expect(secret.inputs).not.toHaveProperty("stringData");
    expect(secret.inputs).not.toHaveProperty("data");
  });
});
