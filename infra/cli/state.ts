/** Reads a stack's state. */
import { z } from "zod";
import { pulumi } from "./pulumi.ts";

const deployment = z.object({
  deployment: z.object({
    resources: z
      .array(
        z.object({
          type: z.string(),
          urn: z.string(),
          id: z.string().default(""),
          external: z.boolean().default(false),
          retainOnDelete: z.boolean().default(false),
        }),
      )
      .default([]),
  }),
});

export type StateResource = z.output<typeof deployment>["deployment"]["resources"][number];

/**
 * Reads the resources in the state.
 * @throws Error with the CLI's message.
 */
export async function stackState(stack: string): Promise<readonly StateResource[]> {
  const { status, stdout, stderr } = await pulumi(["stack", "export", "--stack", stack]);
  if (status !== 0) throw new Error(stderr.trim());
  return deployment.parse(JSON.parse(stdout)).deployment.resources.filter(({ external }) => !external);
}

export function isOwnRelease({ type }: StateResource): boolean {
  return type === "kubernetes:helm.sh/v3:Release";
}

export function isDefinition({ type }: StateResource): boolean {
  return type === "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition";
}

export function isMetallbNamespace({ type, urn }: StateResource): boolean {
  return type.endsWith(":Namespace") && urn.endsWith("::metallb-namespace");
}

/** Reports whether the state has an object. `id` is NAME, or NAMESPACE/NAME. */
export function isInState(state: readonly StateResource[], kind: string, id: string): boolean {
  return state.some((each) => each.id === id && each.type.endsWith(`:${kind}`));
}

/** Returns where the last up has put the stack and its part of MetalLB. Undefined if it did not get that far. */
export function namespacesOf(state: readonly StateResource[]): {
  readonly own: string | undefined;
  readonly metallb: string | undefined;
} {
  const own = state.find(({ type, urn }) => type.endsWith(":Namespace") && urn.endsWith("::operator-namespace"));
  const pool = state.find(({ type }) => type.endsWith(":IPAddressPool"));
  return { own: own?.id, metallb: pool?.id.split("/")[0] };
}
