import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

export interface ObjectArgs<Spec> {
  readonly metadata: pulumi.Input<k8s.types.input.meta.v1.ObjectMeta>;
  readonly spec: pulumi.Input<pulumi.Unwrap<Spec>>;
}

/**
 * A custom resource with typed spec and status. The SDK's own CustomResource has outputs for those keys only that are
 * passed in, so a status could never be read from it; here it is a key from the start.
 */
export abstract class TypedCustomResource<Spec, Status> extends pulumi.CustomResource {
  declare readonly metadata: pulumi.Output<k8s.types.output.meta.v1.ObjectMeta>;
  declare readonly spec: pulumi.Output<Spec>;
  /** As it was when the object was last written, or, for one opened by its id, as it is now. */
  declare readonly status: pulumi.Output<Status | undefined>;

  /** With `id` among the options, `args` is undefined: the object is read, at every preview and up, and never written. */
  protected constructor(
    type: { readonly apiVersion: string; readonly kind: string },
    name: string,
    args: ObjectArgs<Spec> | undefined,
    options: pulumi.CustomResourceOptions,
  ) {
    // The keys of a read stay without values, apiVersion and kind too: given, they would count as inputs, and the
    // provider would look for the object in the namespace `default`.
    const keys = { apiVersion: undefined, kind: undefined, metadata: undefined, spec: undefined, status: undefined };
    super(`kubernetes:${type.apiVersion}:${type.kind}`, name, args ? { ...keys, ...type, ...args } : keys, options);
  }
}
