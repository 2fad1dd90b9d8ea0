/** MetalLB, from its pods to the address that it announces. */
import { PAGE_SERVICE_NAME } from "../api/index.ts";
import type { Advertisement, Facts, Pod, Pool } from "./facts.ts";
import { type Finding, ok, unknown, warn, wrong } from "./report.ts";

const EXCLUDE_LABEL = "node.kubernetes.io/exclude-from-external-load-balancers";

export function metallbPods({ metallbPods: pods, metallbNamespace: ns }: Facts): Finding {
  if (!pods.read) return unknown(pods.why);
  const component = (name: string): Pod[] =>
    pods.value.filter(({ metadata }) =>
      [metadata.labels["component"], metadata.labels["app.kubernetes.io/component"]].includes(name),
    );
  const todo = `kubectl describe pods -n ${ns}; kubectl logs -n ${ns} -l app.kubernetes.io/name=metallb --all-containers`;
  for (const part of ["controller", "speaker"]) {
    if (component(part).length === 0) {
      return wrong(
        `no ${part} of MetalLB in ${ns}`,
        "Is MetalLB installed, and in this namespace? pulumi up installs it with esddns:shared own.",
      );
    }
  }
  const bad = pods.value.filter((pod) => !isReady(pod));
  if (bad.length > 0) return wrong(`not ready: ${bad.map(describe).join(", ")}`, todo);
  return ok(`${pods.value.length} pods are ready`);
}

export function webhook({ webhook: slices, metallbNamespace: ns }: Facts): Finding {
  if (!slices.read) return unknown(slices.why);
  const ready = slices.value.flatMap(({ endpoints }) => endpoints).filter(({ conditions }) => conditions.ready);
  if (ready.length > 0) return ok("MetalLB's webhook has a ready endpoint");
  return wrong(
    "MetalLB's webhook has no ready endpoint, so pools and advertisements cannot be written",
    `The controller serves it: kubectl logs -n ${ns} -l app.kubernetes.io/component=controller`,
  );
}

export function pools({ pools: all, metallbNamespace: ns, service }: Facts): Finding {
  if (!all.read) return unknown(all.why);
  if (all.value.length === 0) {
    return wrong(`no IPAddressPool in ${ns}`, "Set esddns:pools to addresses of your LAN that DHCP does not hand out.");
  }
  const pending = service.read && service.value.status.loadBalancer.ingress.length === 0;
  const full = all.value.filter((pool) => pool.status !== undefined && left(pool) === 0);
  const text = all.value.map(use).join("; ");
  if (full.length === all.value.length && pending) {
    return wrong(`every pool is full: ${text}`, "Add addresses to esddns:pools, or delete a Service that holds one.");
  }
  const nearly = all.value.filter((pool) => pool.status !== undefined && left(pool) < 0.2 * (left(pool) + used(pool)));
  if (nearly.length > 0) return warn(`nearly full: ${text}`, "Think of more addresses for esddns:pools.");
  if (pending && all.value.every(({ spec }) => !spec.autoAssign)) {
    return warn(text, "No pool assigns by itself (autoAssign): name one in esddns:service.pool.");
  }
  return ok(text);
}

export function advertisements(facts: Facts): Finding {
  const { pools: all, l2Advertisements: l2, bgpAdvertisements: bgp } = facts;
  if (!all.read) return unknown(all.why);
  if (!l2.read) return unknown(l2.why);
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

export function excludeLabel({ nodes }: Facts): Finding {
  if (!nodes.read) return unknown(nodes.why);
  const excluded = nodes.value
    .filter(({ metadata }) => EXCLUDE_LABEL in metadata.labels)
    .map(({ metadata }) => metadata.name);
  const remove = `kubectl label node ${excluded[0] ?? "NODE"} ${EXCLUDE_LABEL}-\n(or set speaker.ignoreExcludeLB in esddns:metallb.values)`;
  if (excluded.length === 0) return ok("no node is excluded from announcing");
  if (excluded.length === nodes.value.length) return wrong("every node has the label that forbids announcing", remove);
  return warn(`not announcing, by label: ${excluded.join(", ")}`, `If that is not meant: ${remove}`);
}

export function address({ service, namespace }: Facts): Finding {
  if (!service.read) return wrong(service.why, "Has pulumi up run to its end for this stack?");
  const addresses = service.value.status.loadBalancer.ingress.flatMap(({ ip }) => ip ?? []);
  if (addresses.length > 0) return ok(`${PAGE_SERVICE_NAME} has ${addresses.join(", ")}`);
  return wrong(
    `${PAGE_SERVICE_NAME} is <pending>`,
    `The checks above say why; MetalLB's own word: kubectl describe svc -n ${namespace} ${PAGE_SERVICE_NAME}`,
  );
}

export function announcingNode({ l2Statuses, namespace, nodes, bgpAdvertisements, metallbNamespace }: Facts): Finding {
  if (!l2Statuses.read) return unknown(l2Statuses.why);
  const mine = l2Statuses.value.flatMap(({ status }) =>
    status.serviceName === PAGE_SERVICE_NAME && status.serviceNamespace === namespace ? (status.node ?? []) : [],
  );
  if (mine.length === 0) {
    const byBgp = bgpAdvertisements.read && bgpAdvertisements.value.length > 0;
    if (byBgp) return ok("no node on layer 2; there is a BGP advertisement");
    return wrong(
      "no node announces the page's address",
      `kubectl logs -n ${metallbNamespace} -l app.kubernetes.io/component=speaker`,
    );
  }
  const down = nodes.read
    ? nodes.value
        .filter(({ metadata, status }) => mine.includes(metadata.name) && !isTrue(status.conditions))
        .map(({ metadata }) => metadata.name)
    : [];
  if (down.length > 0)
    return wrong(`announced by ${down.join(", ")}, which is not Ready`, `kubectl describe node ${down[0] ?? ""}`);
  return ok(`announced by ${mine.join(", ")}`);
}

export function page({ page: direct, pageThroughApi, ownPods, namespace }: Facts): Finding {
  if (direct.read && direct.value === 200) return ok("the page answers at its LoadBalancer address");
  const saw = direct.read ? `the page answers with status ${direct.value}` : direct.why;
  if (pageThroughApi.read) {
    return wrong(
      `${saw}; its pods do answer through the API server`,
      "The way there is what fails: is this machine on the LAN of the nodes? Is a firewall on the nodes in the way?\n" +
        "Does the switch or a Wi-Fi bridge drop ARP? arping -c 3 ADDRESS from another host tells.",
    );
  }
  const pods = ownPods.read ? ownPods.value.filter((pod) => pod.metadata.labels["app"] === PAGE_SERVICE_NAME) : [];
  const state = pods.length === 0 ? "there are none" : pods.map(describe).join(", ");
  return wrong(
    `${saw}; its pods do not answer either (${state})`,
    `kubectl describe pods -n ${namespace} -l app=${PAGE_SERVICE_NAME}`,
  );
}

export function isReady({ status }: Pod): boolean {
  return status.phase === "Succeeded" || isTrue(status.conditions);
}

export function describe({ metadata, status }: Pod): string {
  const waiting = status.containerStatuses.flatMap(({ state }) => state.waiting?.reason ?? []);
  const restarts = Math.max(0, ...status.containerStatuses.map(({ restartCount }) => restartCount));
  return `${metadata.name} ${waiting[0] ?? status.phase}${restarts > 0 ? `, ${restarts} restarts` : ""}`;
}

function isTrue(conditions: readonly { type: string; status: string }[]): boolean {
  return conditions.some(({ type, status }) => type === "Ready" && status === "True");
}

function announces(one: Advertisement, pool: string): boolean {
  return isOpen(one) || one.spec.ipAddressPools.includes(pool) || one.spec.ipAddressPoolSelectors.length > 0;
}

function isOpen({ spec }: Advertisement): boolean {
  return spec.ipAddressPools.length === 0 && spec.ipAddressPoolSelectors.length === 0;
}

function used({ status }: Pool): number {
  return (status?.assignedIPv4 ?? 0) + (status?.assignedIPv6 ?? 0);
}

function left({ status }: Pool): number {
  return (status?.availableIPv4 ?? 0) + (status?.availableIPv6 ?? 0);
}

function use(pool: Pool): string {
  const { metadata, spec, status } = pool;
  const counted = status === undefined ? "use unknown" : `${used(pool)} of ${used(pool) + left(pool)} in use`;
  return `${metadata.name} (${spec.addresses.join(", ")}) ${counted}`;
}
