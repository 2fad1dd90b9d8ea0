/** Runs the checks that need the cluster, before the program declares any resource. */
import { readableRanges, type AddressRange } from "@esddns/common/ip";
import * as pulumi from "@pulumi/pulumi";
import { monitoringKinds } from "../config/keys/monitoring.ts";
import { formatProblem } from "../config/validation/problem.ts";
import type { LoadedConfig } from "../config/load.ts";
import { stackIdOf } from "../kubernetes/stackNamespace.ts";
import { configuredCluster } from "../kubernetes/provider.ts";
import { formerlyOwned, NEVER_OWNED, SeveralOwned, type FormerlyOwned } from "../metallb/formerOwner.ts";
import { isTakeOver } from "../metallb/takeOver.ts";
import { readsOlderAnnotations } from "../metallb/version.ts";
import { evaluate, type NamedProblem } from "./checks.ts";
import type { ReadFacts, RunningMetalLB } from "./facts.ts";
import { readFacts } from "./readFacts.ts";

/** The facts about the cluster that the program uses. Each is undefined if it may not be read. */
export interface Seen {
  readonly metallb: RunningMetalLB | undefined;
  /** Addresses of all pools, those of the config included. */
  readonly pools: readonly AddressRange[] | undefined;
}

/**
 * Reads the cluster and checks it. Returns undefined if the checks are off or the cluster did not answer. Warnings are
 * logged. Checks that could not run stop an up, unless `esddns:checks.whenUnreachable` says otherwise. A preview
 * changes nothing, so it only warns.
 * @throws pulumi.RunError with every problem. Pulumi prints it without a stack trace.
 */
export async function preflight(config: LoadedConfig): Promise<Seen | undefined> {
  const { messages } = config;
  const { skip } = config.checks;
  const whenUnreachable = ofThisRun() ?? config.checks.whenUnreachable;
  if (whenUnreachable === "Off") return undefined;
  const read = await readFacts(configuredCluster(), {
    namespace: config.namespace,
    stackId: ownStackId(),
    metallbNamespace: config.metallb.namespace,
    passwordSecrets: config.bgp.peers.flatMap(({ passwordSecret }) => passwordSecret ?? []),
    adopted: config.shared === "adopt",
    older: config.shared === "own" && readsOlderAnnotations(config.metallb.version),
    monitored: monitoringKinds(config.monitoring).length > 0,
  });
  const unchecked = uncheckedMessage(read);
  if (unchecked !== undefined) {
    if (whenUnreachable === "Refuse" && !pulumi.runtime.isDryRun())
      throw messages.refusal(`${unchecked} ${UNCHECKED_UP}`);
    await messages.warn(unchecked);
  }
  if (!read.reached) return undefined;
  const asker = { stackId: ownStackId(), takeOver: isTakeOver() };
  const { problems, warnings, notes } = evaluate(config, read.facts, asker, skip);
  if (problems.length > 0) throw messages.refusal(refusal(problems));
  for (const warning of warnings) await messages.warn(warning);
  if (pulumi.runtime.isDryRun()) for (const note of notes) await messages.info(note);
  const { metallb, pools, unread } = read.facts;
  const live = readableRanges(pools.flatMap(({ addresses }) => addresses));
  const all = [...config.pools.flatMap(({ addresses }) => addresses), ...live];
  return { metallb, pools: unread.includes("address pools") ? undefined : all };
}

/**
 * Returns what a stack that adopts MetalLB may still have in its state from the time when it was the owner. An up reads
 * this whatever `esddns:checks` says, because without it the up would delete those objects.
 * @throws pulumi.RunError if an up cannot read the cluster, or cannot tell which MetalLB is in the state.
 */
export async function formerShared(config: LoadedConfig): Promise<FormerlyOwned> {
  const isPreview = pulumi.runtime.isDryRun();
  if (config.shared !== "adopt" || (isPreview && config.checks.whenUnreachable === "Off")) return NEVER_OWNED;
  const { namespace, metallb } = config;
  try {
    const asking = { namespace, stackId: ownStackId(), metallbNamespace: metallb.namespace };
    return await formerlyOwned(configuredCluster(), asking);
  } catch (error) {
    if (error instanceof SeveralOwned) throw config.messages.refusal(error.message);
    if (isPreview) return NEVER_OWNED;
    const why = error instanceof Error ? error.message : String(error);
    throw config.messages.refusal(
      `esddns:shared: is adopt, and whether MetalLB was this stack's own could not be looked up: ${why}. ` +
        "An up that does not know might delete it. Let kubectl reach the cluster as an administrator. " +
        "A destroy or refresh needs no kubectl without --run-program.",
    );
  }
}

function refusal(problems: readonly NamedProblem[]): string {
  const names = [...new Set(problems.map(({ check }) => check))];
  return [
    "The stack config does not go with the cluster:",
    ...problems.map((problem) => `  - [${problem.check}] ${formatProblem(problem)}`),
    `If a check is wrong about this cluster, leave it out: esddns:checks: { skip: [${names.join(", ")}] }. ` +
      "What is at risk then: docs/metallb.md.",
  ].join("\n");
}

function uncheckedMessage(read: ReadFacts): string | undefined {
  if (!read.reached) return `The cluster could not be looked at: ${read.why}. ${NOT_CHECKED}.`;
  const { unread } = read.facts;
  if (unread.length === 0) return undefined;
  return `This user of the cluster may not read ${unread.join(", ")}: unchecked. ${NOT_CHECKED}.`;
}

const NOT_CHECKED =
  "Not checked, or not fully: whose MetalLB and namespaces these are, and whether nodes have addresses of the pools and may announce them";

const UNCHECKED_UP =
  "An up without these checks may do harm, so it stops here. Does kubectl get nodes answer, as an administrator? " +
  "To go on without them: esddns:checks: { whenUnreachable: Warn }, or ESDDNS_CHECKS=Off for a single run. Where an " +
  "object is created, or MetalLB is adopted, kubectl must answer all the same: an up looks whose they are.";

/**
 * Returns Off for a destroy or a refresh with --run-program. The program cannot tell these from an up, and must not
 * stop them (docs/metallb.md).
 */
function ofThisRun(): "Off" | undefined {
  return process.env["ESDDNS_CHECKS"] === "Off" ? "Off" : undefined;
}

function ownStackId(): string {
  return stackIdOf(pulumi.getProject(), pulumi.getStack());
}
