/** Finds the cluster of a stack that the backend does not know yet. Pure. */
import type { Connection } from "../kubernetes/cluster.ts";
import type { StoredConfig } from "./stackConfig.ts";

export const KUBECONFIG_KEY = "kubernetes:kubeconfig";
export const CONTEXT_KEY = "kubernetes:context";

export type CommittedConnection =
  | { readonly ok: true; readonly connection: Connection }
  /** The keys that cannot be read: Pulumi decrypts only for stacks that it knows. */
  | { readonly ok: false; readonly encrypted: readonly string[] };

/** Reads the connection from the stack's committed config file. */
export function committedConnection(config: StoredConfig): CommittedConnection {
  const encrypted = [KUBECONFIG_KEY, CONTEXT_KEY].filter((key) => config[key]?.secret === true);
  if (encrypted.length > 0) return { ok: false, encrypted };
  const [kubeconfig, context] = [KUBECONFIG_KEY, CONTEXT_KEY].map((key) => textOf(config[key]));
  return { ok: true, connection: { ...(kubeconfig ? { kubeconfig } : {}), ...(context ? { context } : {}) } };
}

/** Returns a kubeconfig as text. The config may contain it as an object, and JSON is YAML. */
function textOf(of: StoredConfig[string] | undefined): string | undefined {
  return of?.value ?? (of?.objectValue == null ? undefined : JSON.stringify(of.objectValue));
}
