/** Where the cluster of a stack is that the backend does not know yet. Pure. */
import type { Connection } from "../kubernetes/cluster.ts";
import type { StoredConfig } from "./stackConfig.ts";

export const KUBECONFIG_KEY = "kubernetes:kubeconfig";
export const CONTEXT_KEY = "kubernetes:context";

export type CommittedConnection =
  | { readonly ok: true; readonly connection: Connection }
  /** The keys that cannot be read: Pulumi decrypts for stacks that it knows, and for no others. */
  | { readonly ok: false; readonly encrypted: readonly string[] };

/** By its committed config file. */
export function committedConnection(config: StoredConfig): CommittedConnection {
  const encrypted = [KUBECONFIG_KEY, CONTEXT_KEY].filter((key) => config[key]?.secret === true);
  if (encrypted.length > 0) return { ok: false, encrypted };
  const [kubeconfig, context] = [KUBECONFIG_KEY, CONTEXT_KEY].map((key) => textOf(config[key]));
  return { ok: true, connection: { ...(kubeconfig ? { kubeconfig } : {}), ...(context ? { context } : {}) } };
}

/** A kubeconfig may be written out as an object; JSON is YAML. */
function textOf(of: StoredConfig[string] | undefined): string | undefined {
  return of?.value ?? (of?.objectValue == null ? undefined : JSON.stringify(of.objectValue));
}
