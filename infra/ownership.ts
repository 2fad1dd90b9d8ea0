/**
 * Refuses to take over objects of other owners. The provider takes over every object that exists
 * (upsertExistingObjects), so that a stack recovers from a killed up, a lost state or a kept MetalLB. An object whose
 * name other owners of the cluster may use is only taken over if it carries this stack's mark, or if the run may do so
 * (--take-over). This does not depend on the checks before an up, which may be switched off.
 * docs/adr/0008-ownership-before-create.md
 */
import { anyObject, listOf } from "@esddns/common/cluster";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { wanPath } from "./kubernetes/resourcePaths.ts";
import { namespaceProblem, readStackNamespace } from "./kubernetes/stackNamespace.ts";
import { existsAlready, installedMetalLB, OWNER_LABEL } from "./metallb/owner.ts";
import type { Messages } from "./config/messages.ts";
import type { Cluster } from "./kubernetes/cluster.ts";
import { FIELD_MANAGER } from "./kubernetes/fieldManager.ts";
import { namespaceContents } from "./kubernetes/namespaceContents.ts";

/** The stack that runs, with its cluster-wide names. */
export interface Owner {
  /** Its namespace, which marks its objects. */
  readonly namespace: string;
  /** PROJECT/STACK. */
  readonly stackId: string;
  readonly metallbNamespace: string;
  /** Whether this run may take over objects that this stack has not made. */
  readonly takeOver: boolean;
}

type Reader = Pick<Cluster, "get">;

/** The plural of each checked kind. Other kinds exist only in the stack's own namespace, which is checked itself. */
const PLURALS: Readonly<Record<string, string>> = {
  Namespace: "namespaces",
  CustomResourceDefinition: "customresourcedefinitions",
  ClusterRole: "clusterroles",
  ClusterRoleBinding: "clusterrolebindings",
  ValidatingAdmissionPolicy: "validatingadmissionpolicies",
  ValidatingAdmissionPolicyBinding: "validatingadmissionpolicybindings",
  Role: "roles",
  RoleBinding: "rolebindings",
  Secret: "secrets",
  IPAddressPool: "ipaddresspools",
  L2Advertisement: "l2advertisements",
  BGPPeer: "bgppeers",
  BGPAdvertisement: "bgpadvertisements",
  BFDProfile: "bfdprofiles",
};

/** Checks each object just before it is created. This is an option of the components, and their children inherit it. */
export function ownershipGuard(cluster: Reader, owner: Owner, messages: Messages): pulumi.ResourceTransformation {
  const hook = new pulumi.ResourceHook("ownership", async ({ newInputs }) => {
    const why = await refusal(cluster, objectSchema.parse(await settled(newInputs as object)), owner).catch(
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    if (why !== undefined) throw new Error(messages.shown(why));
  });
  return ({ type, props, opts }) => {
    const kind = type.split(":").at(-1) ?? "";
    const isRead = (opts as pulumi.CustomResourceOptions).id !== undefined;
    if (!type.startsWith("kubernetes:") || PLURALS[kind] === undefined || isRead) return undefined;
    const beforeCreate = [...(opts.hooks?.beforeCreate ?? []), hook];
    return { props, opts: { ...opts, hooks: { ...opts.hooks, beforeCreate } } };
  };
}

/**
 * Returns the inputs of a hook as plain values. If a part of them contains a secret, the SDK passes the whole part as
 * an output.
 */
export function settled(inputs: object): Promise<unknown> {
  return new Promise((resolve) => {
    pulumi.output(inputs).apply(resolve);
  });
}

interface NamedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string | undefined };
}

/**
 * Returns why an object must not be created. Undefined if it does not exist, or if it is this stack's.
 * @throws Error if the cluster could not be read.
 */
export async function refusal(cluster: Reader, object: NamedObject, owner: Owner): Promise<string | undefined> {
  const { kind, metadata } = object;
  if (metadata.namespace === owner.namespace) return undefined;
  const found = await cluster.get(pathOf(object), anyObject);
  if (!found.read) {
    if (found.reason === "NotFound") return undefined;
    throw new Error(`Whether the ${kind} ${metadata.name} exists could not be looked up: ${found.why}`);
  }
  const { labels, managedFields } = found.value.metadata;
  if (kind === "Namespace" && metadata.name === owner.namespace) return ownNamespace(cluster, owner);
  const label = labels[OWNER_LABEL];
  const subject = `The ${kind} ${metadata.name}`;
  if (label !== undefined) return label === owner.namespace ? undefined : othersObject(cluster, subject, label, owner);
  const written = managedFields.some(({ manager }) => manager === FIELD_MANAGER);
  const isOurs = await unmarkedIsOurs(cluster, object, owner, written);
  if (isOurs === true || (isOurs === "unknown" && owner.takeOver)) return undefined;
  if (isOurs === "unknown") return `${existsAlready(subject, undefined)}. ${remedy(kind)}`;
  return `${existsAlready(subject, isOurs.owner)}. ${ADOPT}`;
}

const ADOPT = "Write esddns:shared: adopt, and MetalLB and the definitions are used as they are.";
const TAKE_OVER = "To have this stack own it from now on: npm run deploy -- STACK --take-over";

function remedy(kind: string): string {
  const isShared = kind === "Namespace" || kind === "CustomResourceDefinition";
  return `${isShared ? ADOPT : "Give yours another name, or delete it."} ${TAKE_OVER}`;
}

/** Returns why another stack's object must not be taken over. A stack that no longer exists has no namespace. */
async function othersObject(
  cluster: Reader,
  subject: string,
  other: string,
  owner: Owner,
): Promise<string | undefined> {
  const lives = await cluster.get(`/api/v1/namespaces/${other}`, z.unknown());
  const gone = !lives.read && lives.reason === "NotFound";
  if (gone && owner.takeOver) return undefined;
  const whose = existsAlready(subject, other);
  return gone ? `${whose}, which is gone. ${TAKE_OVER}` : `${whose}. ${ADOPT}`;
}

async function ownNamespace(cluster: Reader, { namespace, stackId, takeOver }: Owner): Promise<string | undefined> {
  const fact = await readStackNamespace(cluster, namespace);
  if (!fact.read)
    return fact.reason === "NotFound" ? undefined : `The namespace ${namespace} could not be looked at: ${fact.why}`;
  const problem = takeOver ? undefined : namespaceProblem(namespace, fact.value, stackId);
  return problem && `esddns:namespace: ${problem.wrong}. ${problem.right}`;
}

/**
 * Finds the owner of an object without a label. Such objects come from an earlier version, which marked only
 * MetalLB's pods, or from other users.
 */
async function unmarkedIsOurs(
  cluster: Reader,
  { kind, metadata: { name } }: NamedObject,
  owner: Owner,
  written: boolean,
): Promise<true | "unknown" | { readonly owner: string }> {
  if (kind !== "Namespace" && kind !== "CustomResourceDefinition") {
    // The names of the others begin with the stack's namespace, so the field manager is enough.
    return written && kind in BY_PREFIX ? true : "unknown";
  }
  const installed = await installedMetalLB(cluster, owner.metallbNamespace, owner.namespace);
  if (installed.owner === owner.namespace) return true;
  if (installed.owner !== undefined) return { owner: installed.owner };
  if (kind === "Namespace") {
    if (installed.controller) return "unknown";
    const inside = await namespaceContents(cluster, name);
    return inside.read && inside.value.length === 0 ? true : "unknown";
  }
  // Definitions that no stack owns may be taken while no other stack has objects of them.
  const stacks = await cluster.get(wanPath(), listOf(anyObject));
  const others = stacks.read && stacks.value.items.some(({ metadata }) => metadata.namespace !== owner.namespace);
  return others || (!stacks.read && stacks.reason !== "NotFound") ? "unknown" : true;
}

const BY_PREFIX: Readonly<Record<string, true>> = {
  ClusterRole: true,
  ClusterRoleBinding: true,
  ValidatingAdmissionPolicy: true,
  ValidatingAdmissionPolicyBinding: true,
  Role: true,
  RoleBinding: true,
};

function pathOf({ apiVersion, kind, metadata: { name, namespace } }: NamedObject): string {
  const api = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return `${api}/${namespace === undefined ? "" : `namespaces/${namespace}/`}${PLURALS[kind] ?? ""}/${name}`;
}

const objectSchema = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.object({ name: z.string(), namespace: z.string().optional() }),
});
