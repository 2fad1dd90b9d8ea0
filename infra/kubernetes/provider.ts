import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { isSecretKey } from "../config/load.ts";
import { Cluster } from "./cluster.ts";
import { FIELD_MANAGER } from "./fieldManager.ts";

/**
 * Returns the only provider of the stack. It uses the cluster of the environment ($KUBECONFIG or ~/.kube/config), or
 * that of `kubernetes:kubeconfig` and `kubernetes:context` in the stack config: an explicit provider does not read
 * these itself.
 */
export function clusterProvider(): k8s.Provider {
  const config = new pulumi.Config("kubernetes");
  const kubeconfig = config.getSecret("kubeconfig");
  const context = isSecretKey("kubernetes:context") ? config.getSecret("context") : config.get("context");
  return new k8s.Provider("kubernetes", {
    // An empty value means the kubeconfig of the environment. If it were left out, the SDK would store this machine's
    // path in the state, and every other machine would show a change of it.
    kubeconfig: kubeconfig ?? "",
    ...(context === undefined ? {} : { context }),
    // After an up that was killed, or with a lost state, the provider takes over what exists. Fields that another
    // manager has set to other values remain an error. ownership.ts checks whether the objects belong to this stack.
    upsertExistingObjects: true,
    // Replacing them would take the token and the certificates from running pods for a moment.
    enableConfigMapMutable: true,
    enableSecretMutable: true,
  });
}

/**
 * Gives every object that the stack writes a field manager with a fixed name (server-side apply). By default the
 * provider makes up a name for each object and keeps it in the state. After a lost state, or for objects that outlive a
 * destroy, the former name would own their fields for ever, and every later change would be a conflict. This is an
 * option of the components, and their children inherit it.
 */
export const fixedFieldManager: pulumi.ResourceTransformation = ({ type, props, opts }) => {
  const { metadata } = props as { metadata?: { annotations?: pulumi.Input<Annotations> } };
  if (!type.startsWith("kubernetes:") || metadata === undefined) return undefined;
  const given = metadata.annotations;
  const managed = (all: Annotations | undefined) => ({ ...all, "pulumi.com/patchFieldManager": FIELD_MANAGER });
  // Annotations that are secret are an output: spreading it would lose them.
  const annotations = pulumi.Output.isInstance(given)
    ? given.apply(managed)
    : managed(given as Annotations | undefined);
  return { props: { ...props, metadata: { ...metadata, annotations } }, opts };
};

type Annotations = Readonly<Record<string, pulumi.Input<string>>>;

/** Returns the same cluster, for reads and actions outside the provider. */
export function configuredCluster(): Cluster {
  const all: Partial<Record<string, string>> = pulumi.runtime.allConfig();
  return new Cluster({ kubeconfig: all["kubernetes:kubeconfig"], context: all["kubernetes:context"] });
}
