/** Checks of the page's address, from its assignment by MetalLB to the answer on the LAN. */
import { PAGE_SERVICE_NAME } from "@esddns/common/api";
import { announcer, isTrue, loadBalancerIps, type Pod, SERVICELB_OFF } from "@esddns/common/cluster";
import type { Facts } from "../read/facts.ts";
import { freeAddresses, nodeAddresses } from "../read/live.ts";
import { describe, logsOf } from "../read/pods.ts";
import { isIn } from "../read/ranges.ts";
import { type DoctorFinding, ok, unknown, unread, warn, wrong } from "../finding.ts";

export function address(facts: Facts): DoctorFinding {
  const { service, serviceWarnings, namespace } = facts;
  if (!service.read) {
    return service.reason === "Forbidden"
      ? unread(service)
      : wrong(service.why, "Has pulumi up run to its end for this stack?");
  }
  const addresses = loadBalancerIps(service.value);
  const has = `${PAGE_SERVICE_NAME} has ${addresses.join(", ")}`;
  const outside = outsideOfPools(addresses, facts);
  const k3s = ofServiceLb(facts);
  if (outside.length > 0) return wrong(`${has}; ${inNoPool(outside)}`, k3s ?? otherWriter(namespace));
  if (k3s !== undefined) return addresses.length > 0 ? warn(has, k3s) : wrong(`${PAGE_SERVICE_NAME} is <pending>`, k3s);
  if (addresses.length > 0) return ok(has);
  const last = serviceWarnings.read ? serviceWarnings.value.at(-1) : undefined;
  return wrong(
    `${PAGE_SERVICE_NAME} is <pending>${last === undefined ? "" : `; MetalLB says: ${last}`}`,
    `The checks above say why. All of MetalLB's words: kubectl describe svc -n ${namespace} ${PAGE_SERVICE_NAME}`,
  );
}

/** In a pod only the stack's own pools can be read, but the page may have an address from another stack's pool. */
function outsideOfPools(addresses: readonly string[], { place, pools }: Facts): string[] {
  if (place === "pod" || !pools.read || pools.value.length === 0) return [];
  const ranges = pools.value.flatMap(({ spec }) => spec.addresses);
  return addresses.filter((one) => !ranges.some((range) => isIn(range, one)));
}

function inNoPool(addresses: readonly string[]): string {
  return `${addresses.join(", ")} ${addresses.length === 1 ? "is" : "are"} in no pool of MetalLB's`;
}

function ofServiceLb({ serviceLb }: Facts): string | undefined {
  if (!serviceLb.read || serviceLb.value.length === 0) return undefined;
  const shown = serviceLb.value.slice(0, 3).join(", ");
  return `k3s' own load balancer (ServiceLB) runs beside MetalLB and writes addresses of nodes into the same Services (DaemonSet ${shown}). ${SERVICELB_OFF}`;
}

function otherWriter(namespace: string): string {
  return (
    "Another load balancer than MetalLB writes addresses of Services, too. Which one: " +
    `kubectl get svc -n ${namespace} ${PAGE_SERVICE_NAME} -o yaml --show-managed-fields`
  );
}

export function announcingNode(facts: Facts): DoctorFinding {
  const { l2Statuses, namespace, nodes, bgpAdvertisements } = facts;
  if (!l2Statuses.read) return unread(l2Statuses);
  const mine = announcing({ l2Statuses, namespace });
  if (mine.length === 0) {
    const byBgp = bgpAdvertisements.read && bgpAdvertisements.value.length > 0;
    if (byBgp) return ok("no node on layer 2; there is a BGP advertisement");
    return wrong("no node announces the page's address", logsOf("speaker", facts));
  }
  const down = nodes.read
    ? nodes.value
        .filter(({ metadata, status }) => mine.includes(metadata.name) && !isTrue(status, "Ready"))
        .map(({ metadata }) => metadata.name)
    : [];
  if (down.length > 0)
    return wrong(`announced by ${down.join(", ")}, which is not Ready`, `kubectl describe node ${down[0] ?? ""}`);
  return ok(`announced by ${mine.join(", ")}`);
}

function announcing({ l2Statuses, namespace }: Pick<Facts, "l2Statuses" | "namespace">): string[] {
  if (!l2Statuses.read) return [];
  return l2Statuses.value.flatMap((one) =>
    one.status.serviceName === PAGE_SERVICE_NAME && one.status.serviceNamespace === namespace
      ? (announcer(one) ?? [])
      : [],
  );
}

/** Checks whether a device answers ARP requests for the page's address, and whether it is the right node. */
export function arp(facts: Facts): DoctorFinding {
  const { neighbours, service } = facts;
  if (!neighbours.read) return unread(neighbours);
  const addresses = service.read ? loadBalancerIps(service.value) : [];
  if (addresses.length === 0) return unknown("the page has no address to ask for");
  const asked = addresses.filter((one) => neighbours.value.has(one));
  if (asked.length === 0)
    return unknown(
      `this machine is on no LAN with ${addresses.join(", ")}`,
      "Run it on one that is, if layer 2 is to be looked at; by BGP there is nothing to ask.",
    );
  const findings = asked.map((one) => answerer(one, facts));
  const [worst] = ["wrong", "warn", "ok"].flatMap((state) => findings.filter((finding) => finding.state === state));
  return { state: worst?.state ?? "ok", saw: findings.map(({ saw }) => saw).join("; "), todo: worst?.todo ?? "" };
}

function answerer(one: string, facts: Facts): DoctorFinding {
  const { neighbours, nodes, page: direct } = facts;
  const hardware = neighbours.read ? neighbours.value.get(one) : undefined;
  if (hardware === undefined) {
    return wrong(
      `nobody answers for ${one}`,
      "Does a speaker announce it (above)? Nodes on Wi-Fi often do not answer, and switches may drop ARP: arping from other hosts.",
    );
  }
  const owner = nodes.read
    ? nodes.value.find((node) =>
        nodeAddresses(node).some((own) => neighbours.read && neighbours.value.get(own) === hardware),
      )?.metadata.name
    : undefined;
  const should = announcing(facts);
  if (owner !== undefined && (should.length === 0 || should.includes(owner)))
    return ok(`${owner} answers for ${one} (${hardware})`);
  if (owner !== undefined)
    return warn(
      `${owner} answers for ${one}, and ${should.join(", ")} should`,
      "After a switch-over this lasts some seconds. If it stays: somebody keeps an old entry.",
    );
  const saw = `${one} is answered by ${hardware}, which is not the MAC address of any known node`;
  const todo = "Another device may have this address: find it by its hardware address, or take another pool.";
  return direct.read && direct.value === 200 ? warn(saw, todo) : wrong(saw, todo);
}

/** Checks whether other devices on the LAN use addresses that MetalLB has not assigned yet. */
export function freeOnLan({ neighbours, pools, taken }: Facts): DoctorFinding {
  if (!neighbours.read) return unread(neighbours);
  if (!pools.read) return unread(pools);
  if (!taken.read) return unread(taken);
  const asked = freeAddresses({ pools, taken }).filter((one) => neighbours.value.has(one));
  if (asked.length === 0) return unknown("no free address of a pool is on a LAN of this machine");
  return conflicts(asked, neighbours.value);
}

/** Reports which of these unassigned addresses are in use. */
export function conflicts(asked: readonly string[], answers: ReadonlyMap<string, string | undefined>): DoctorFinding {
  const found = asked.flatMap((one) => {
    const hardware = answers.get(one);
    return hardware === undefined ? [] : [`${one} (${hardware})`];
  });
  if (found.length === 0) return ok(`nobody answers for the ${asked.length} that are free`);
  return wrong(
    `another device answers for ${found.join(", ")}`,
    "Take these out of esddns:pools, or give the device another address. Does DHCP hand them out?",
  );
}

export function bgp(facts: Facts): DoctorFinding {
  const { bgpPeers, bgpSessions } = facts;
  if (!bgpPeers.read) return bgpPeers.reason === "Forbidden" ? unread(bgpPeers) : ok("no BGP");
  if (bgpPeers.value.length === 0) return ok("no peers are configured");
  if (!bgpSessions.read) {
    return unknown(
      `the speakers' metrics cannot be read (${bgpSessions.why})`,
      "From 0.16 on MetalLB gives them to nobody without a token. The router tells, by its own list of BGP sessions.",
    );
  }
  const down = bgpSessions.value.filter(({ up }) => !up);
  if (bgpSessions.value.length === 0) return unknown("no speaker tells of a session");
  if (down.length === 0) return ok(`${bgpSessions.value.length} sessions stand`);
  return wrong(
    `no session with ${[...new Set(down.map(({ peer }) => peer))].join(", ")} from ${down.map(({ speaker }) => speaker).join(", ")}`,
    "Do both sides agree about the AS numbers, the addresses and the password? Is TCP 179 open between them?\n" +
      logsOf("speaker", facts),
  );
}

function statesOf(all: readonly Pod[]): string {
  const pods = all.filter((pod) => pod.metadata.labels["app"] === PAGE_SERVICE_NAME);
  return pods.length === 0 ? "there are none" : pods.map(describe).join(", ");
}

export function page({ place, page: direct, pagePastMetallb, ownPods, namespace }: Facts): DoctorFinding {
  if (direct.read && direct.value === 200) return ok("the page answers at its LoadBalancer address");
  const saw = direct.read ? `the page answers with status ${direct.value}` : direct.why;
  if (pagePastMetallb.read) {
    if (place === "pod") return unknown(`${saw}; the pod itself does`, "Pods often may not: try from the LAN.");
    return wrong(
      `${saw}; its pods do answer through the API server`,
      "The way there is what fails: is this machine on the LAN of the nodes? Is a firewall on the nodes in the way?\n" +
        "Does the switch or a Wi-Fi bridge drop ARP? arping -c 3 ADDRESS from another host tells.",
    );
  }
  const state = ownPods.read ? statesOf(ownPods.value) : `which cannot be looked at: ${ownPods.why}`;
  return wrong(
    `${saw}; its pods do not answer either (${state})`,
    `kubectl describe pods -n ${namespace} -l app=${PAGE_SERVICE_NAME}`,
  );
}
