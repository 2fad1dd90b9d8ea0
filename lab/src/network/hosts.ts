/** Groups the topology's hosts by what the network has to do for them. */
import { internet, lan, office, type Host } from "../topology.ts";

/** The hosts that can be nodes. settings.ts says which of them are. */
export const nodes = [lan.node1, lan.node2] as const;

/** Hosts with one interface in the LAN and the router as their gateway. */
export const lanHosts: readonly Host[] = [lan.node1, lan.node2, lan.client];

export const internetHosts: readonly Host[] = Object.values(internet).filter(
  (value): value is Host => typeof value !== "string" && "name" in value,
);

/** The LAN's switch and the provider have a network namespace, but are not hosts of the topology. */
export const LAN_SWITCH = "lan";
export const ISP = "isp";

/** Everything that has a network namespace `esddns-NAME`, in the order in which users see it. */
export const hostNames: readonly string[] = [
  ...lanHosts.map((host) => host.name),
  lan.router.name,
  office.host.name,
  ISP,
  LAN_SWITCH,
  ...internetHosts.map((host) => host.name),
];
