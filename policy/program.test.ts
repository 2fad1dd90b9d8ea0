/** The policies over what this repository's own program makes. */
import type { ResourceValidationArgs } from "@pulumi/policy";
import { beforeAll, describe, expect, it } from "vitest";
import { CONFIG, runProgram, type ProgramRun } from "../infra/test/testing.ts";
import { policies } from "./policies.ts";

let program: ProgramRun;
beforeAll(async () => {
  program = await runProgram(CONFIG);
});

describe("the program", () => {
  it("keeps every policy", async () => {
    expect(await violations(program)).toEqual([]);
  });

  it("is really looked at: its pods and its pools are found", async () => {
    const config = { allowed: ["192.168.7.0/24"] };
    const pools = await violations(program, config);
    expect(pools.map(([policy]) => policy)).toEqual(["pools-in-allowed-ranges", "pools-in-allowed-ranges"]);
    expect(pools.map(([, resource]) => resource).sort()).toEqual(["metallb-esddns-pool", "metallb-second"]);
  });

  it("on the network of its hosts leaves the standard for restricted pods, unless it is exempt", async () => {
    const onHosts = await runProgram({ ...CONFIG, detection: { hostNetwork: true } });
    expect(await violations(onHosts)).toContainEqual(["restricted-pods", expect.any(String), "hostNetwork is on"]);
    expect(await violations(onHosts, { exempt: ["esddns-production"] })).toEqual([]);
  });
});

/** As the engine asks: each resource that is not only read, each policy. Policy, resource, message. */
async function violations(run: ProgramRun, config: object = {}): Promise<[string, string, string][]> {
  const found: [string, string, string][] = [];
  for (const { type, name, inputs, readId } of run.resources) {
    if (readId !== undefined) continue;
    for (const policy of policies) {
      if (typeof policy.validateResource !== "function") throw new Error(`${policy.name} has no validation`);
      await policy.validateResource(argsOf(type, name, inputs, config), (message) => {
        found.push([policy.name, name, message]);
      });
    }
  }
  return found;
}

function argsOf(type: string, name: string, props: Record<string, unknown>, config: object): ResourceValidationArgs {
  return {
    type,
    name,
    props,
    urn: `urn:pulumi:production::esddns::${type}::${name}`,
    opts: { protect: false, ignoreChanges: [], aliases: [], customTimeouts: noTimeouts, additionalSecretOutputs: [] },
    stackTags: new Map(),
    isType: () => false,
    asType: () => undefined,
    getConfig: (() => config) as ResourceValidationArgs["getConfig"],
    notApplicable: () => {
      throw new Error("not applicable");
    },
  };
}

const noTimeouts = { createSeconds: 0, updateSeconds: 0, deleteSeconds: 0 };
