/** What an operation on one resource needs of its surroundings. */
import type { Clock } from "../shared/clock.ts";
import type { Host, Severity } from "../shared/provider.ts";
import type { Api } from "./api.ts";
import type { Waiting } from "./await/waiting.ts";

export interface Cluster {
  readonly api: Api;
  /** For the helm binary. */
  readonly kubeconfigFile: string | undefined;
  readonly kubeContext: string | undefined;
}

export interface Settings {
  readonly defaultNamespace: string;
  readonly enableConfigMapMutable: boolean;
  /** Fields that others own are taken from them. */
  readonly enablePatchForce: boolean;
  readonly enableSecretMutable: boolean;
  readonly upsertExistingObjects: boolean;
}

export interface Context {
  /** Or why there is none. */
  readonly cluster: Cluster | { readonly unreachable: string };
  readonly settings: Settings;
  readonly host: Host;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** The cluster of an operation that cannot do without it. */
export function clusterOf(context: Context): Cluster {
  if ("unreachable" in context.cluster) {
    throw new Error(`configured Kubernetes cluster is unreachable: ${context.cluster.unreachable}`);
  }
  return context.cluster;
}

export function reporter(context: Context, urn: string): Waiting["report"] {
  return (severity: Severity, text: string) => {
    context.host.status(severity, urn, text);
  };
}

export function waitingFor(context: Context, urn: string, timeoutMs: number): Waiting {
  return { clock: context.clock, signal: context.signal, timeoutMs, report: reporter(context, urn) };
}
