/** Evaluates whether a deploy has what it needs. Pure. */
import type { StackConfig } from "../../config/parse.ts";
import { formatPath, formatProblem, quote } from "../../config/validation/problem.ts";
import { namespaceProblem, type NamespaceFact } from "../../kubernetes/stackNamespace.ts";
import { existsAlready } from "../../metallb/owner.ts";
import { writtenObjects, type SharedObject } from "../../metallb/objects.ts";

/** The facts about the machine, the backend and the cluster. Undefined if they were not read. */
export interface Environment {
  /** Why a program cannot be used, by its name. */
  readonly missing: Readonly<Record<string, string>>;
  readonly backend: { readonly loggedIn: boolean; readonly why?: string; readonly needsPassphrase: boolean };
  readonly cluster: { readonly reachable: true } | { readonly reachable: false; readonly why: string };
  readonly mayInstall: boolean;
  readonly nodes: readonly string[];
  /** The MetalLB that runs in the cluster. `owner` is the namespace of the stack that installed it, if one did. */
  readonly metallb: { readonly owner: string | undefined } | undefined;
  /** Objects in MetalLB's namespace that are not in this stack's state. */
  readonly objects: readonly SharedObject[];
  /** The stack's own namespace, if it exists. */
  readonly namespace: NamespaceFact | undefined;
  /** Whether the namespace is in this stack's state. */
  readonly ownsNamespace: boolean;
  /** PROJECT/STACK of this stack, and those of all stacks that the backend has. */
  readonly stackId: string;
  readonly stackIds: readonly string[];
  /** Whether MetalLB's release is in this stack's state. */
  readonly ownsRelease: boolean;
  readonly hasToken: boolean;
}

export interface Finding {
  readonly level: "well" | "warning" | "problem";
  readonly text: string;
}

type Needs = Pick<StackConfig, "shared" | "namespace" | "image" | "pools" | "l2" | "bgp">;

/** Returns every finding at once, in the order in which one requirement needs the other. */
export function evaluatePrerequisites(found: Environment, config: Needs, takeOver: boolean): readonly Finding[] {
  return [
    ...Object.values(found.missing).map((why) => problem(why)),
    ...backendFindings(found),
    ...(found.hasToken
      ? []
      : [problem("Gandi's token is not stored yet. Set it: GANDI_API_KEY=… npm run deploy -- …")]),
    ...clusterFindings(found, config, takeOver),
  ];
}

function backendFindings({ missing, backend }: Environment): Finding[] {
  if (missing["pulumi"] !== undefined) return [];
  if (!backend.loggedIn) {
    const words = backend.why === undefined || backend.why === "" ? "" : ` (${backend.why})`;
    return [problem(`Pulumi does not know where to keep its state${words}. Run: pulumi login (or --local)`)];
  }
  if (!backend.needsPassphrase) return [];
  const choose = "Set PULUMI_CONFIG_PASSPHRASE, or PULUMI_CONFIG_PASSPHRASE_FILE, and keep it";
  return [problem(`The stack's secrets are encrypted by a passphrase, and none is set. ${choose}`)];
}

function clusterFindings(found: Environment, config: Needs, takeOver: boolean): Finding[] {
  if (found.missing["kubectl"] !== undefined) return [];
  const { cluster } = found;
  if (!cluster.reachable) {
    return [problem(`The cluster does not answer: ${cluster.why}. Does KUBECONFIG name the right one?`)];
  }
  const nodes = `${found.nodes.length} ${found.nodes.length === 1 ? "node" : "nodes"}: ${found.nodes.join(", ")}`;
  return [
    { level: "well", text: `The cluster answers, with ${nodes}` },
    ...(found.mayInstall
      ? []
      : [problem("This user of the cluster may not create cluster roles. Use an administrator's")]),
    ...namespaceFindings(found, config, takeOver),
    metallbFinding(found, config, takeOver),
    ...objectFindings(found, config, takeOver),
    ...imageFindings(found.nodes, config.image),
  ];
}

/** Checks the owner of the namespace: its name identifies the stack in the cluster. */
function namespaceFindings(found: Environment, { namespace }: Needs, takeOver: boolean): Finding[] {
  const { namespace: there, ownsNamespace, stackId, stackIds } = found;
  if (there === undefined) return [];
  const reason =
    there.by === "earlier version" && !ownsNamespace
      ? {
          wrong: `${quote(namespace)} was created by an ESDDNS stack, but is not in this stack's Pulumi state`,
          right: "Write another namespace. If this stack created it and lost its state, run again with --take-over.",
        }
      : namespaceProblem(namespace, there, stackId);
  if (reason === undefined) return [];
  if (!takeOver) return [problem(formatProblem({ path: ["namespace"], ...reason }))];
  if (there.by === "stack" && stackIds.includes(there.stackId)) {
    const wrong = `${quote(namespace)} is the namespace of the stack ${there.stackId}, and Pulumi has that stack still`;
    const right = "Write another namespace, or destroy that stack and remove it (pulumi stack rm) first.";
    return [problem(formatProblem({ path: ["namespace"], wrong, right }))];
  }
  return [{ level: "warning", text: `The namespace ${namespace} is taken over, with all that is in it` }];
}

function metallbFinding(found: Environment, { shared, namespace }: Needs, takeOver: boolean): Finding {
  const { metallb, ownsRelease } = found;
  if (shared === "adopt" && ownsRelease) {
    const instead = "Leave out --adopt, or set esddns:shared to own. To hand it over: docs/two-stacks.md";
    return problem(`MetalLB is this stack's own, and to adopt it would be to let go of it. ${instead}`);
  }
  if (shared === "adopt") {
    return metallb === undefined
      ? problem("There is no MetalLB to adopt. Leave out --adopt (or set esddns:shared to own) to have it installed")
      : { level: "well", text: "MetalLB runs, and is adopted" };
  }
  if (metallb === undefined) return { level: "well", text: "MetalLB is not there yet, and will be installed" };
  if (ownsRelease) return { level: "well", text: "MetalLB runs, installed by this stack" };
  if (metallb.owner === namespace) return { level: "well", text: "MetalLB was kept by this stack, and is taken over" };
  if (metallb.owner !== undefined) {
    return problem(`${existsAlready("MetalLB", metallb.owner)}. Use it: --adopt (esddns:shared: adopt)`);
  }
  if (takeOver)
    return { level: "warning", text: "MetalLB runs, and nobody's name is on it: its Helm release is taken over" };
  return problem(`${existsAlready("MetalLB", undefined)}. Use it as it is: --adopt (esddns:shared: adopt)`);
}

/**
 * Checks the names of objects. All stacks write into MetalLB's namespace, so two cannot have an object with the same
 * name.
 */
function objectFindings(found: Environment, config: Needs, takeOver: boolean): Finding[] {
  return writtenObjects(config).flatMap(({ kind, name, path }) => {
    const there = found.objects.find((object) => object.kind === kind && object.name === name);
    if (there === undefined || there.owner === config.namespace) return [];
    const { owner } = there;
    if (owner === undefined && takeOver) return [];
    const right = `Name yours otherwise: ${formatPath(path)}`;
    const or = owner === undefined ? ", or have this stack own it from now on: --take-over" : "";
    return [problem(`${existsAlready(`The ${kind} ${name}`, owner)}. ${right}${or}`)];
  });
}

function imageFindings(nodes: readonly string[], image: StackConfig["image"]): Finding[] {
  if (image.kind === "reference" || !("containerd" in image.delivery)) return [];
  const { containerd } = image.delivery;
  if (containerd.length >= nodes.length) return [];
  const text =
    `The image is loaded into ${containerd.length} containerd of ${nodes.length} nodes. Pods on the others will ` +
    "not find it: name the others in esddns:image.containerd, or push it to a registry (docs/image.md)";
  return [{ level: "warning", text }];
}

function problem(text: string): Finding {
  return { level: "problem", text };
}
