import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

export interface ObjectArgs<Spec> {
  readonly metadata: pulumi.Input<k8s.types.input.meta.v1.ObjectMeta>;
  readonly spec: pulumi.Input<pulumi.Unwrap<Spec>>;
}

/**
 * A custom resource with typed spec and status. The SDK's own CustomResource has outputs only for the keys that it was
 * given, so a status could never be read from it. Here the status is a key from the start.
 */
export abstract class TypedCustomResource<Spec, Status> extends pulumi.CustomResource {
  declare readonly metadata: pulumi.Output<k8s.types.output.meta.v1.ObjectMeta>;
  declare readonly spec: pulumi.Output<Spec>;
  /** The status when the object was last written. For an object opened by its id, the status at present. */
  declare readonly status: pulumi.Output<Status | undefined>;

  /** With `id` among the options, `args` is undefined: every preview and up reads the object and never writes it. */
  protected constructor(
    type: { readonly apiVersion: string; readonly kind: string },
    name: string,
    args: ObjectArgs<Spec> | undefined,
    options: pulumi.CustomResourceOptions,
  ) {
    // Leave the keys of a read without values, apiVersion and kind too. Given values would count as inputs, and the
    // provider would look for the object in the namespace `default`.
    const keys = { apiVersion: undefined, kind: undefined, metadata: undefined, spec: undefined, status: undefined };
    super(`kubernetes:${type.apiVersion}:${type.kind}`, name, args ? { ...keys, ...type, ...args } : keys, options);
  }
}
