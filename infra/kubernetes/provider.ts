import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { isSecretKey } from "../config/load.ts";
import { Cluster } from "./cluster.ts";
import { FIELD_MANAGER } from "./fieldManager.ts";

/**
 * The one provider of the stack. The cluster is the one of the environment ($KUBECONFIG or ~/.kube/config), or that of
 * `kubernetes:kubeconfig` and `kubernetes:context` in the stack config, which an explicit provider does not read itself.
 */
export function clusterProvider(): k8s.Provider {
  const config = new pulumi.Config("kubernetes");
  const kubeconfig = config.getSecret("kubeconfig");
  const context = isSecretKey("kubernetes:context") ? config.getSecret("context") : config.get("context");
  return new k8s.Provider("kubernetes", {
    // Empty means the one of the environment. Left out, the SDK would put the path of this machine into the state, and
    // every other machine would show a change of it.
    kubeconfig: kubeconfig ?? "",
    ...(context === undefined ? {} : { context }),
    // After an up that was killed, or with a state that was lost, what is there is taken over; fields that somebody else
    // has set otherwise remain an error. Whether it is this stack's at all: ownership.ts.
    upsertExistingObjects: true,
    // Replacing them would take token and certificates from running pods for a moment.
    enableConfigMapMutable: true,
    enableSecretMutable: true,
  });
}

/**
 * Gives every object that the stack writes a field manager of a fixed name (server-side apply). Left to itself the
 * provider makes a name up for each and keeps it in the state: with a state that was lost, or for objects that outlive a
 * destroy, the former name would own their fields for ever, and every later change of them would be a conflict.
 * An option of the components, whose children inherit it.
 */
export const fixedFieldManager: pulumi.ResourceTransformation = ({ type, props, opts }) => {
  const { metadata } = props as { metadata?: { annotations?: pulumi.Input<Annotations> } };
  if (!type.startsWith("kubernetes:") || metadata === undefined) return undefined;
  const given = metadata.annotations;
  const managed = (all: Annotations | undefined) => ({ ...all, "pulumi.com/patchFieldManager": FIELD_MANAGER });
  // An output where they are a secret: spread, it would lose them.
  const annotations = pulumi.Output.isInstance(given)
    ? given.apply(managed)
    : managed(given as Annotations | undefined);
  return { props: { ...props, metadata: { ...metadata, annotations } }, opts };
};

type Annotations = Readonly<Record<string, pulumi.Input<string>>>;

/** The same cluster, for what is read or done beside the provider. */
export function configuredCluster(): Cluster {
  const all: Partial<Record<string, string>> = pulumi.runtime.allConfig();
  return new Cluster({ kubeconfig: all["kubernetes:kubeconfig"], context: all["kubernetes:context"] });
}
