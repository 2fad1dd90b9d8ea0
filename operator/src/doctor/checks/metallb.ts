/** Checks of MetalLB itself: its pods, its configuration, its pools. */
import {
  type AddressPool,
  EXCLUDE_LABEL,
  familyUses,
  ignoresExcludeLabel,
  isNearlyFull,
  type Pod,
  useInWords,
} from "@esddns/common/cluster";
import type { Advertisement, Facts } from "../read/facts.ts";
import { nodeAddresses } from "../read/live.ts";
import { describe, isPartOf, isReady, logsOf } from "../read/pods.ts";
import { isIn } from "../read/ranges.ts";
import { type DoctorFinding, ok, unknown, unread, warn, wrong } from "../finding.ts";

const MORE_ADDRESSES = "Add addresses to esddns:pools, or delete a Service that holds one.";

export function metallbPods({ metallbPods: pods, metallbNamespace: ns }: Facts): DoctorFinding {
  if (!pods.read) return unread(pods);
  for (const part of ["controller", "speaker"] as const) {
    if (!pods.value.some((pod) => isPartOf(pod, part))) {
      return wrong(
        `no ${part} of MetalLB in ${ns}`,
        "Is MetalLB installed, and in this namespace? pulumi up installs it with esddns:shared own.",
      );
    }
  }
  const bad = pods.value.filter((pod) => !isReady(pod));
  const [first] = bad;
  if (first !== undefined) {
    return wrong(
      `not ready: ${bad.map(describe).join(", ")}`,
      `kubectl describe pods -n ${ns}; kubectl logs -n ${ns} ${first.metadata.name} --all-containers`,
    );
  }
  return ok(`${pods.value.length} pods are ready`);
}

export function webhook(facts: Facts): DoctorFinding {
  const { webhook: slices } = facts;
  if (!slices.read) return unread(slices);
  const ready = slices.value.flatMap(({ endpoints }) => endpoints).filter(({ conditions }) => conditions.ready);
  if (ready.length > 0) return ok("MetalLB's webhook has a ready endpoint");
  return wrong(
    "MetalLB's webhook has no ready endpoint, so pools and advertisements cannot be written",
    `The controller serves it: ${logsOf("controller", facts)}`,
  );
}

/** Every part of MetalLB keeps the last valid configuration, and reports a rejected one only here. */
export function configuration({ configuration: states }: Facts): DoctorFinding {
  if (!states.read)
    return states.reason === "Forbidden" ? unread(states) : unknown("MetalLB before 0.15.3 does not tell");
  const bad = states.value.filter(({ status }) => status.result === "Invalid");
  if (bad.length === 0) return ok(`taken by ${states.value.length} parts of MetalLB`);
  const words = [...new Set(bad.map(({ status }) => status.errorSummary ?? "it does not say why"))].join("\n");
  return wrong(`not taken by ${bad.map(({ metadata }) => metadata.name).join(", ")}; the last good one stays`, words);
}

export function pools(facts: Facts): DoctorFinding {
  const { pools: all, metallbNamespace: ns, service, stackPools = [] } = facts;
  if (!all.read) return unread(all);
  if (all.value.length === 0) {
    return wrong(
      `no IPAddressPool in ${ns}`,
      "Set esddns:pools to addresses of your LAN that DHCP does not hand out; where they are set: pulumi up --refresh.",
    );
  }
  const gone = stackPools.filter((name) => !all.value.some(({ metadata }) => metadata.name === name));
  if (gone.length > 0) {
    return wrong(
      `the stack's pool ${gone.join(", ")} is not in ${ns}`,
      `Somebody has deleted it: pulumi refresh, then pulumi up, makes it again. kubectl get ipaddresspools -n ${ns}`,
    );
  }
  const taken = ofNodes(facts);
  if (taken !== undefined)
    return wrong(taken, "Take the nodes' addresses out of esddns:pools: two would answer for them.");
  const pending = service.read && service.value.status.loadBalancer.ingress.length === 0;
  const text = all.value.map(use).join("; ");
  const full = all.value.filter((pool) => isFull(pool));
  if (full.length === all.value.length && pending) return wrong(`every pool is full: ${text}`, MORE_ADDRESSES);
  if (full.length > 0) return warn(`full: ${text}`, MORE_ADDRESSES);
  if (all.value.some(({ status }) => status !== undefined && familyUses(status).some(isNearlyFull))) {
    return warn(`nearly full: ${text}`, "Think of more addresses for esddns:pools.");
  }
  if (pending && all.value.every(({ spec }) => !spec.autoAssign)) {
    return warn(text, "No pool assigns by itself (autoAssign): name one in esddns:service.pool.");
  }
  return ok(text);
}

/** Describes a pool that contains a node's own address. */
function ofNodes({ nodes, pools: all }: Facts): string | undefined {
  if (!nodes.read || !all.read) return undefined;
  for (const { metadata, spec } of all.value) {
    for (const owner of nodes.value) {
      const address = nodeAddresses(owner).find((one) => spec.addresses.some((range) => isIn(range, one)));
      if (address !== undefined) return `${metadata.name} takes in ${address}, the address of ${owner.metadata.name}`;
    }
  }
  return undefined;
}

export function advertisements(facts: Facts): DoctorFinding {
  const { pools: all, l2Advertisements: l2, bgpAdvertisements: bgp } = facts;
  if (!all.read) return unread(all);
  if (!l2.read) return unread(l2);
  const given = [...l2.value, ...(bgp.read ? bgp.value : [])];
  const silent = all.value.filter(({ metadata }) => !given.some((one) => announces(one, metadata.name)));
  if (silent.length > 0) {
    return wrong(
      `nothing announces ${silent.map(({ metadata }) => metadata.name).join(", ")}: the addresses are given out, and nobody answers for them`,
      "Name the pool in esddns:l2 (or esddns:bgp); left out, esddns:l2 announces every pool.",
    );
  }
  const everything = given.filter((one) => isOpen(one)).map(({ metadata }) => metadata.name);
  if (everything.length > 0) {
    return warn(`${everything.join(", ")} names no pool and so announces every pool in the cluster`, "List its pools.");
  }
  return ok(`every pool is announced by ${given.map(({ metadata }) => metadata.name).join(", ")}`);
}

export function excludeLabel({ nodes, metallbPods: pods }: Facts): DoctorFinding {
  if (!nodes.read) return unread(nodes);
  const excluded = nodes.value
    .filter(({ metadata }) => EXCLUDE_LABEL in metadata.labels)
    .map(({ metadata }) => metadata.name);
  const remove = `kubectl label node ${excluded[0] ?? "NODE"} ${EXCLUDE_LABEL}-\n(or set speaker.ignoreExcludeLB in esddns:metallb.values)`;
  if (excluded.length === 0) return ok("no node is excluded from announcing");
  if (pods.read && pods.value.some(ignoresLabel))
    return ok(`MetalLB is told to ignore the label of ${excluded.join(", ")}`);
  if (excluded.length === nodes.value.length) return wrong("every node has the label that forbids announcing", remove);
  return warn(`not announcing, by label: ${excluded.join(", ")}`, `If that is not meant: ${remove}`);
}

/** One speaker represents all: they share one template. */
function ignoresLabel(pod: Pod): boolean {
  const args = pod.spec.containers.flatMap((container) => container.args);
  return isPartOf(pod, "speaker") && ignoresExcludeLabel(args);
}

function announces(one: Advertisement, pool: string): boolean {
  return isOpen(one) || one.spec.ipAddressPools.includes(pool) || one.spec.ipAddressPoolSelectors.length > 0;
}

function isOpen({ spec }: Advertisement): boolean {
  return spec.ipAddressPools.length === 0 && spec.ipAddressPoolSelectors.length === 0;
}

/** A pool is full if any family has no address left: a Service that needs one stays pending. */
function isFull({ status }: AddressPool): boolean {
  if (status === undefined) return false;
  const families = familyUses(status);
  return families.length === 0 || families.some(({ available }) => available === 0);
}

function use({ metadata, spec, status }: AddressPool): string {
  const families = status === undefined ? undefined : familyUses(status).map(useInWords);
  const counted = families === undefined ? "use unknown" : families.join(", ") || "has no address to give";
  return `${metadata.name} (${spec.addresses.join(", ")}) ${counted}`;
}
