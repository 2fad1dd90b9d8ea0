import * as pulumi from "@pulumi/pulumi";
import type { Unwrap } from "@pulumi/pulumi";
import { beforeAll, describe, expect, expectTypeOf, it } from "vitest";
import type * as program from "./index.ts";
import { esddnsOutput, type StackOutputs } from "./stackOutputs.ts";

type Exported = { readonly [Name in keyof typeof program]: Unwrap<(typeof program)[Name]> };

it("are the exports of the program, each with its type: tsc checks this", () => {
  expectTypeOf<Exported>().toEqualTypeOf<StackOutputs>();
});

describe("an output that another stack refers to", () => {
  let reference: pulumi.StackReference;
  beforeAll(async () => {
    const stored: Partial<StackOutputs> = { wanIpv4: "198.51.100.20", wanIpv6: null };
    await pulumi.runtime.setMocks({
      newResource: ({ inputs, id = "" }) => ({ id, state: { ...(inputs as object), outputs: stored } }),
      call: () => ({}),
    });
    reference = new pulumi.StackReference("esddns", { name: "organization/esddns/production" });
  });

  it("has its value, also where that is null, and its type", async () => {
    const wanIpv4 = esddnsOutput(reference, "wanIpv4");
    expectTypeOf(wanIpv4).toEqualTypeOf<pulumi.Output<string | null>>();
    expect(await valueOf(wanIpv4)).toBe("198.51.100.20");
    expect(await valueOf(esddnsOutput(reference, "wanIpv6"))).toBeNull();
  });
});

function valueOf<T>(output: pulumi.Output<T>): Promise<unknown> {
  return new Promise((resolve) => {
    output.apply((value) => {
      resolve(value);
    });
  });
}
