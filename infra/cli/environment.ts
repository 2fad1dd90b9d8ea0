/** Reads what a deploy needs from the machine, the backend and the cluster. Reads only. */
import { anyObject, listOf, type AnyObject } from "@esddns/common/cluster";
import { z } from "zod";
import type { StackConfig } from "../config/parse.ts";
import { readSharedObjects, type SharedObject } from "../metallb/objects.ts";
import { installedMetalLB, OWNER_LABEL } from "../metallb/owner.ts";
import { readStackNamespace, stackIdOf } from "../kubernetes/stackNamespace.ts";
import { shortName } from "./arguments.ts";
import { mendBackendFiles, type FileFinding } from "./backendFiles.ts";
import { projectName } from "./committed.ts";
import type { Cluster, Connection } from "../kubernetes/cluster.ts";
import { CONTEXT_KEY, KUBECONFIG_KEY } from "./connection.ts";
import { METALLB_PATH } from "../kubernetes/resourcePaths.ts";
import type { Environment } from "./deploy/prerequisites.ts";
import { pulumi, readConfigValue } from "./pulumi.ts";
import { buildComplaint, imagePrograms } from "./programs.ts";
import { collect } from "../process.ts";
import { projectDir } from "../projectDir.ts";
import { isInState, isOwnRelease, stackState } from "./state.ts";
import { list, say, Stop } from "./terminal.ts";

export interface Backend {
  /** Why the CLI cannot be used, if it cannot. */
  readonly missing: string | undefined;
  readonly loggedIn: boolean;
  /** The CLI's last line if it is not logged in. */
  readonly why?: string;
  readonly needsPassphrase: boolean;
  readonly stacks: readonly string[];
  /** Findings about the backend's files after a killed command. With a problem among them, the stacks are unknown. */
  readonly files: readonly FileFinding[];
}

/**
 * Reads the backend.
 * @throws Error with the CLI's message if the stacks cannot be listed: a stack that seems missing would be created
 * again.
 */
export async function lookAtBackend(env: NodeJS.ProcessEnv, stack: string): Promise<Backend> {
  const place = { cwd: projectDir, project: projectName(), stack: shortName(stack) };
  // Without its attributes mended, even whoami fails.
  const early = await mendBackendFiles({ ...place, url: env["PULUMI_BACKEND_URL"] ?? "" });
  const who = await pulumi(["whoami", "--json"]);
  const nothing = { loggedIn: false, needsPassphrase: false, stacks: [], files: [] };
  if (who.status === 127)
    return { ...nothing, missing: `${who.stderr}. Install it: https://www.pulumi.com/docs/install/` };
  if (who.status !== 0) return { ...nothing, missing: undefined, why: who.stderr.trim().split("\n").at(-1) ?? "" };
  const { url = "" } = z.object({ url: z.string().optional() }).parse(JSON.parse(who.stdout));
  const files = [...early.filter(({ level }) => level === "warning"), ...(await mendBackendFiles({ ...place, url }))];
  const hasPassphrase = ["PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"].some(
    (name) => env[name] !== undefined,
  );
  const stacks = files.some(({ level }) => level === "problem") ? [] : await listStacks();
  return {
    missing: undefined,
    loggedIn: true,
    // Pulumi's service keeps the key itself. Every other backend uses a passphrase by default.
    needsPassphrase:
      !url.startsWith("https://") && !hasPassphrase && env["PULUMI_OPTION_SECRETS_PROVIDER"] === undefined,
    stacks,
    files,
  };
}

async function listStacks(): Promise<readonly string[]> {
  const { status, stdout, stderr } = await pulumi(["stack", "ls", "--json"]);
  if (status !== 0) throw new Error(`pulumi stack ls: ${stderr.trim()}`);
  return z
    .array(z.object({ name: z.string() }))
    .parse(JSON.parse(stdout))
    .map(({ name }) => name);
}

/**
 * Prints what was repaired.
 * @throws Stop with the status, if a file still stops Pulumi.
 */
export function needWholeFiles(files: readonly FileFinding[], status: number): void {
  for (const { level, text } of files) if (level === "warning") say(`! ${text}`);
  const problems = files.filter(({ level }) => level === "problem").map(({ text }) => text);
  if (problems.length > 0) throw new Stop(status, list(problems, "Nothing else has been changed."));
}

export interface Request {
  readonly stack: string;
  readonly exists: boolean;
  readonly config: Pick<StackConfig, "namespace" | "metallb" | "image">;
  readonly backend: Backend;
  readonly hasToken: boolean;
}

export async function lookAround(cluster: Cluster, request: Request): Promise<Environment> {
  const { config, backend, hasToken } = request;
  const [kubectl, answer, rights, nodes, metallb, pools, shared, namespace, state, programs] = await Promise.all([
    cluster.kubectl(["version", "--client"]),
    cluster.get("/version", z.object({ gitVersion: z.string() })),
    cluster.kubectl(["auth", "can-i", "create", "clusterroles"]),
    cluster.get("/api/v1/nodes", listOf(anyObject)),
    lookForMetallb(cluster, config.metallb.namespace, config.namespace),
    cluster.get(`${METALLB_PATH}/namespaces/${config.metallb.namespace}/ipaddresspools`, listOf(anyObject)),
    readSharedObjects(cluster, config.metallb.namespace),
    readStackNamespace(cluster, config.namespace),
    request.exists ? stackState(request.stack) : [],
    missingPrograms(config.image),
  ]);
  const missing = {
    ...(backend.missing === undefined ? {} : { pulumi: backend.missing }),
    ...(kubectl.status === 127 ? { kubectl: `${kubectl.stderr}. Name it in KUBECTL, or install it` } : {}),
    ...programs,
  };
  return {
    missing,
    backend,
    cluster: answer.read ? { reachable: true } : { reachable: false, why: answer.why },
    mayInstall: !answer.read || rights.stdout.trim() !== "no",
    nodes: nodes.read ? nodes.value.items.map(({ metadata }) => metadata.name) : [],
    metallb,
    objects: [...(pools.read ? pools.value.items.map(poolOf) : []), ...shared.objects].filter(
      ({ kind, name }) => !isInState(state, kind, `${config.metallb.namespace}/${name}`),
    ),
    namespace: namespace.read ? namespace.value : undefined,
    ownsNamespace: isInState(state, "Namespace", config.namespace),
    stackId: stackIdOf(projectName(), shortName(request.stack)),
    stackIds: backend.stacks.map((name) => stackIdOf(projectName(), shortName(name))),
    ownsRelease: state.some(isOwnRelease),
    hasToken,
  };
}

/** Returns the connection to the cluster, from the config of a stack that the backend knows. */
export async function connectionOf(stack: string): Promise<Connection> {
  const [kubeconfig, context] = await Promise.all([
    readConfigValue(stack, KUBECONFIG_KEY),
    readConfigValue(stack, CONTEXT_KEY),
  ]);
  return { ...(kubeconfig ? { kubeconfig } : {}), ...(context ? { context } : {}) };
}

function poolOf({ metadata: { name, labels } }: AnyObject): SharedObject {
  return { kind: "IPAddressPool", name, owner: labels[OWNER_LABEL] };
}

async function lookForMetallb(
  cluster: Cluster,
  metallbNamespace: string,
  own: string,
): Promise<Environment["metallb"]> {
  const api = await cluster.get(METALLB_PATH, z.unknown());
  if (!api.read) return undefined;
  return { owner: (await installedMetalLB(cluster, metallbNamespace, own)).owner };
}

async function missingPrograms(image: StackConfig["image"]): Promise<Record<string, string>> {
  const complaint = buildComplaint(image, process);
  if (complaint !== undefined) return { machine: complaint };
  const instead = "Install it, or name a ready image: --image NAME@sha256:… (docs/image.md)";
  const found = await Promise.all(
    imagePrograms(image).map(async (program) => ({
      program,
      // Docker's `version` asks its daemon too, so it fails if the daemon does not answer.
      ...(await collect([program, program === "docker" ? "version" : "--version"])),
    })),
  );
  return Object.fromEntries(
    found.flatMap(({ program, status, stderr }) => {
      if (status === 127) return [[program, `${program} is not on the PATH. ${instead}`]];
      const silent = program === "docker" && status !== 0;
      return silent ? [[program, `docker does not answer: ${stderr.trim().split("\n").at(-1) ?? ""}`]] : [];
    }),
  );
}
