/** The provider's own configuration. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Host } from "../shared/provider.ts";
import type { Json, JsonObject } from "../shared/values.ts";
import { hasUnknown, plainObject } from "../shared/values.ts";
import { Api } from "./api.ts";
import type { Cluster, Context, Settings } from "./context.ts";
import { expandHome, isContent, kubeTransport, loadKubeConfig } from "./kubeconfig.ts";

const known: ReadonlySet<string> = new Set([
  "context",
  "enableConfigMapMutable",
  "enablePatchForce",
  "enableSecretMutable",
  "kubeconfig",
  "namespace",
  "pluginDownloadURL",
  "upsertExistingObjects",
  "version",
]);

/** Settings by argument, else by the environment variable that the real plugin knows. */
export function parseSettings(args: JsonObject, env: NodeJS.ProcessEnv): Settings {
  const enabled = (name: string, variable: string) =>
    (args[name] ?? env[variable] ?? "false") === "true" || args[name] === true;
  const namespace = args["namespace"];
  return {
    defaultNamespace: typeof namespace === "string" && namespace !== "" ? namespace : "default",
    enableConfigMapMutable: enabled("enableConfigMapMutable", "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE"),
    enablePatchForce: enabled("enablePatchForce", "PULUMI_K8S_ENABLE_PATCH_FORCE"),
    enableSecretMutable: enabled("enableSecretMutable", "PULUMI_K8S_ENABLE_SECRET_MUTABLE"),
    upsertExistingObjects: enabled("upsertExistingObjects", "PULUMI_K8S_UPSERT_EXISTING_OBJECTS"),
  };
}

export function warnOfIgnored(args: JsonObject, host: Host): void {
  const ignored = Object.keys(args).filter((name) => !known.has(name));
  if (ignored.length === 0) return;
  host.log("warning", "", `this stand-in for the kubernetes plugin ignores the provider's ${ignored.join(", ")}`);
}

/** Connects, or says why that is not possible. Never rejects: previews work without a cluster. */
export async function connect(marked: JsonObject, signal: AbortSignal): Promise<Context["cluster"]> {
  if (hasUnknown(marked)) return { unreachable: "its configuration is not known yet" };
  const args = plainObject(marked);
  const [kubeconfig, context] = [text(args["kubeconfig"]), text(args["context"])];
  try {
    const config = loadKubeConfig(kubeconfig, context);
    const cluster: Cluster = {
      api: new Api(kubeTransport(config), signal),
      kubeconfigFile: kubeconfig === undefined ? undefined : asFile(kubeconfig),
      kubeContext: context,
    };
    await cluster.api.serverVersion();
    return cluster;
  } catch (error) {
    return { unreachable: error instanceof Error ? error.message : String(error) };
  }
}

/** helm wants a file; content is put into one that goes with this process. */
function asFile(kubeconfig: string): string {
  if (!isContent(kubeconfig)) return expandHome(kubeconfig);
  const dir = mkdtempSync(join(tmpdir(), "pulumi-kubernetes-"));
  process.on("exit", () => {
    rmSync(dir, { recursive: true, force: true });
  });
  const file = join(dir, "kubeconfig");
  writeFileSync(file, kubeconfig, { mode: 0o600 });
  chmodSync(file, 0o600);
  return file;
}

function text(value: Json | undefined): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
