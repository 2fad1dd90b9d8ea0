/** The stack: config → components → outputs. */
import "./requireNode.ts";
import { WAN_ADDRESS_NAME } from "@esddns/common/api";
import * as pulumi from "@pulumi/pulumi";
import { loadConfig } from "./config/load.ts";
import { Dns } from "./esddns/dns.ts";
import { Monitoring } from "./esddns/monitoring.ts";
import { Operator } from "./esddns/operator.ts";
import { stackIdOf } from "./kubernetes/stackNamespace.ts";
import { StatusPage } from "./esddns/statusPage.ts";
import { OperatorImage } from "./image/operatorImage.ts";
import { clusterProvider, configuredCluster, fixedFieldManager } from "./kubernetes/provider.ts";
import { MetalLB } from "./metallb/metallb.ts";
import { isTakeOver } from "./metallb/takeOver.ts";
import { Observed } from "./observe.ts";
import { ownershipGuard } from "./ownership.ts";
import { formerShared, preflight } from "./checks/preflight.ts";
import { orNull } from "./outputs.ts";
import type { StackOutputs } from "./stackOutputs.ts";
import { StoredOutputs } from "./stored.ts";

const config = loadConfig(new pulumi.Config());
const seen = await preflight(config);
// If an adopted MetalLB could not be read, it has the version that the last up saw: annotations depend on it.
const isVersionUnknown = seen?.metallb === undefined && config.shared === "adopt";
const last = !config.observeLive || isVersionUnknown ? new StoredOutputs() : undefined;
const stored = config.observeLive ? undefined : last;
const running = seen?.metallb ?? (last && { version: await last.metallbVersion() });
const former = await formerShared(config);
const owner = {
  namespace: config.namespace,
  stackId: stackIdOf(pulumi.getProject(), pulumi.getStack()),
  metallbNamespace: config.metallb.namespace,
  takeOver: isTakeOver(),
};
const ownership = ownershipGuard(configuredCluster(), owner, config.messages);
const onCluster = { provider: clusterProvider(), transformations: [fixedFieldManager, ownership] };

const image = new OperatorImage("image", { source: config.image, guard: config.guard });
const loadBalancer = new MetalLB("metallb", { ...config, running, former }, onCluster);
const operator = new Operator("operator", { ...config, former, image: image.reference }, onCluster);
const page = new StatusPage("page", { ...config, image: image.reference, operator, loadBalancer }, onCluster);
const dns = new Dns("dns", { ...config, operator }, onCluster);
new Monitoring("monitoring", { ...config, operator }, onCluster);
const { guard, messages } = config;
const watched = { stored, loadBalancer, page, dns, pools: seen?.pools, guard, messages };
const observed = new Observed("live", watched, onCluster).outputs;

type Output<K extends keyof StackOutputs> = pulumi.Input<StackOutputs[K]>;

export const loadBalancerIp: Output<"loadBalancerIp"> = observed.loadBalancerIp;
export const statusUrl: Output<"statusUrl"> = observed.statusUrl;
export const wanIp: Output<"wanIp"> = observed.wanIp;
export const wanIpv4: Output<"wanIpv4"> = observed.wanIpv4;
export const wanIpv6: Output<"wanIpv6"> = observed.wanIpv6;
export const wanAddressId: Output<"wanAddressId"> = `${config.namespace}/${WAN_ADDRESS_NAME}`;
export const records: Output<"records"> = observed.records;
export const pools: Output<"pools"> = observed.pools;
export const metallb: Output<"metallb"> = guard.output(
  orNull(loadBalancer.version).apply((version) => ({ version, namespace: loadBalancer.namespace })),
  "metallb",
);
export const operatorImage: Output<"operatorImage"> = orNull(image.reference);
export const namespace: Output<"namespace"> = config.namespace;
export const live: Output<"live"> = config.observeLive;
