/** Runs `npm run destroy -- STACK`: deletes a stack, and nothing that belongs to another. */
import { z } from "zod";
import { shortName } from "../arguments.ts";
import { projectName } from "../committed.ts";
import { stackIdOf } from "../../kubernetes/stackNamespace.ts";
import { Cluster } from "../../kubernetes/cluster.ts";
import { destroyHelp, parseDestroy, type DestroyRequest } from "./arguments.ts";
import { planDestroy } from "./plan.ts";
import { dnsRecordsPath } from "../../kubernetes/resourcePaths.ts";
import { readStackConfig, showPulumi } from "../pulumi.ts";
import { readConfig } from "../stackConfig.ts";
import { namespacesOf, stackState } from "../state.ts";
import { connectionOf, lookAtBackend, needWholeFiles } from "../environment.ts";
import { confirm, heading, list, runCommand, say, Stop } from "../terminal.ts";
import { foreignObjects, others, ownRecords, operatorIsReady, takenBy } from "./usage.ts";

const EXIT = { failed: 1, wrong: 2, refused: 3, declined: 5 } as const;

await runCommand("destroy", main);

async function main(): Promise<number> {
  const parsed = parseDestroy(process.argv.slice(2));
  if (parsed.kind === "help") {
    process.stdout.write(destroyHelp);
    return 0;
  }
  if (parsed.kind === "wrong") throw new Stop(EXIT.wrong, list(parsed.problems, "Look at: npm run destroy -- --help"));
  const { request } = parsed;
  const asks = process.stdin.isTTY && process.stdout.isTTY;
  if (!asks && !request.yes)
    throw new Stop(EXIT.wrong, list(["--yes: is needed without a terminal that could be asked"]));
  return destroy(request);
}

async function destroy(request: DestroyRequest): Promise<number> {
  const { stack } = request;
  heading("What it takes away");
  needWholeFiles((await lookAtBackend(process.env, stack)).files, EXIT.refused);
  const config = readConfig(await readStackConfig(stack), stack);
  const state = await stackState(stack);
  if (state.length === 0) {
    say(`✓ The stack ${stack} has nothing in the cluster.`);
    return 0;
  }
  // Use the namespaces in the state: the config may have changed since the last up, or may be invalid.
  const deployed = namespacesOf(state);
  const namespace = deployed.own ?? config?.namespace ?? `esddns-${shortName(stack)}`;
  const cluster = new Cluster(await connectionOf(stack));
  const records = await ownRecords(cluster, namespace);
  const plan = planDestroy({
    state,
    others: await others(cluster, namespace, state, deployed.metallb ?? config?.metallb.namespace ?? "metallb-system"),
    takenBy: await takenBy(cluster, namespace, stackIdOf(projectName(), shortName(stack))),
    foreignObjects: await foreignObjects(cluster, namespace, state),
    records,
    operatorReady: await operatorIsReady(cluster, namespace),
    abandonRecords: request.abandonRecords,
    keepOnDestroy: config?.keepOnDestroy,
  });
  for (const warning of plan.warnings) say(`! ${warning}`);
  if (plan.blockers.length > 0) throw new Stop(EXIT.refused, list(plan.blockers, "Nothing has been changed."));
  say(`✓ ${state.length} resources of the stack, in the namespace ${namespace}`);
  if (plan.keeps.length > 0) say(`✓ It keeps ${plan.keeps.join(" and ")}`);

  if (!request.yes) {
    if ((await showPulumi(["destroy", "--preview-only", "--stack", stack])) !== 0) return EXIT.failed;
    if (!(await confirm(`Destroy the stack ${stack}?`))) {
      say("Nothing has been destroyed.");
      return EXIT.declined;
    }
  }
  if (request.abandonRecords) await abandon(cluster, namespace, records);
  heading("Destroy");
  if ((await showPulumi(["destroy", "--yes", "--skip-preview", "--stack", stack])) !== 0) {
    say("The destroy failed: see above. The same command goes on where it ended.");
    return EXIT.failed;
  }
  heading("Status");
  return report(cluster, namespace, plan.keeps);
}

/**
 * Removes the finalizers, so that the objects are deleted without the operator. The records at Gandi stay as they are.
 */
async function abandon(cluster: Cluster, namespace: string, records: Awaited<ReturnType<typeof ownRecords>>) {
  for (const { name, finalizer } of records) {
    if (!finalizer) continue;
    const patch = ["--type=merge", "--patch", '{"metadata":{"finalizers":null},"spec":{"deletionPolicy":"Retain"}}'];
    const { status, stderr } = await cluster.kubectl([
      "patch",
      "dnsrecords.esddns.io",
      name,
      "-n",
      namespace,
      ...patch,
    ]);
    if (status !== 0) throw new Error(`kubectl patch dnsrecord ${name}: ${stderr.trim()}`);
    say(`✓ ${name} stays at Gandi as it is`);
  }
}

async function report(cluster: Cluster, namespace: string, keeps: readonly string[]): Promise<number> {
  const left = await cluster.get(`/api/v1/namespaces/${namespace}`, z.unknown());
  const records = await cluster.get(dnsRecordsPath(namespace), z.object({ items: z.array(z.unknown()) }));
  const count = records.read ? records.value.items.length : 0;
  if (left.read || count > 0) {
    say(`✗ The namespace ${namespace} is still there`);
    return EXIT.failed;
  }
  say(`✓ The namespace ${namespace} is gone`);
  if (keeps.length > 0) say(`✓ ${keeps.join(" and ")} stay for others, and for the next up with esddns:shared own`);
  return 0;
}
