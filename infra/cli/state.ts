/** What a stack's state holds. */
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

/** @throws Error with what the CLI says. */
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

/** `id`: NAME, or NAMESPACE/NAME. */
export function isInState(state: readonly StateResource[], kind: string, id: string): boolean {
  return state.some((each) => each.id === id && each.type.endsWith(`:${kind}`));
}

/** Where the last up has put the stack, and its part of MetalLB; undefined: it did not get so far. */
export function namespacesOf(state: readonly StateResource[]): {
  readonly own: string | undefined;
  readonly metallb: string | undefined;
} {
  const own = state.find(({ type, urn }) => type.endsWith(":Namespace") && urn.endsWith("::operator-namespace"));
  const pool = state.find(({ type }) => type.endsWith(":IPAddressPool"));
  return { own: own?.id, metallb: pool?.id.split("/")[0] };
}
