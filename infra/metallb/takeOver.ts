/**
 * Takes over a Helm release that a destroy kept, or that an up left when it was killed. The provider takes over plain
 * objects by itself (upsertExistingObjects), but not a Helm release: Helm refuses to install a name twice. So this
 * deletes only Helm's record of the release. The installation that follows finds objects that carry the release's name,
 * and takes them over as they are. MetalLB's pods, definitions and pools stay up all the time.
 */
import * as pulumi from "@pulumi/pulumi";
import type { Messages } from "../config/messages.ts";
import { configuredCluster } from "../kubernetes/provider.ts";
import { existsAlready, installedMetalLB, RELEASE_NAME, type Installed } from "./owner.ts";

/** Helm 4 writes it without the hyphen. */
const IN_USE = /cannot re-?use a name that is still in use/;
const PENDING = /another operation \(install\/upgrade\/rollback\) is in progress/;

export type Verdict = { forget: "all" | "pending" } | { refuse: string } | "unrelated";

/** Decides what to do about a failed write of the release. `own` is the stack's namespace. */
export function evaluateRelease(error: string, installed: Installed, own: string, takeOver: boolean): Verdict {
  // Only an earlier run of this stack can have begun it: a release of another stack is not in its state.
  if (PENDING.test(error)) return { forget: "pending" };
  if (!IN_USE.test(error)) return "unrelated";
  const { owner, controller } = installed;
  if (!controller || owner === own) return { forget: "all" };
  const adopt = "Set esddns:shared to adopt, and it is used as it is.";
  if (owner !== undefined) {
    return { refuse: `${existsAlready("MetalLB", owner)}. ${adopt}` };
  }
  if (takeOver) return { forget: "all" };
  const force = "To have this stack own it from now on: npm run deploy -- STACK --take-over";
  return { refuse: `${existsAlready("MetalLB", undefined)}. ${adopt} ${force}` };
}

/** Reports whether this run may take over what it has not made: `npm run deploy -- STACK --take-over`. */
export function isTakeOver(): boolean {
  return process.env["ESDDNS_TAKE_OVER"] === "true";
}

/** Returns the hook for the release only. `metallbNamespace` is the release's namespace, `own` the stack's. */
export function releaseTakeOver(
  name: string,
  metallbNamespace: string,
  own: string,
  messages: Messages,
): pulumi.ErrorHook {
  return new pulumi.ErrorHook(name, async ({ errors }) => {
    const [error = ""] = errors;
    if (errors.length > 1 || !(IN_USE.test(error) || PENDING.test(error))) return false;
    const cluster = configuredCluster();
    const installed = await installedMetalLB(cluster, metallbNamespace, own);
    const verdict = evaluateRelease(error, installed, own, isTakeOver());
    if (verdict === "unrelated") return false;
    if ("refuse" in verdict) {
      await messages.error(verdict.refuse);
      return false;
    }
    const status = verdict.forget === "all" ? "" : `,status in (pending-install,pending-upgrade,pending-rollback)`;
    const records = [
      "secrets",
      "--namespace",
      metallbNamespace,
      "--selector",
      `owner=helm,name=${RELEASE_NAME}${status}`,
    ];
    const { status: code, stderr } = await cluster.kubectl(["delete", ...records]);
    if (code === 0) await messages.info("MetalLB exists already, and is taken over as it stands.");
    else await messages.error(`MetalLB's release could not be taken over: ${stderr.trim()}`);
    return code === 0;
  });
}
