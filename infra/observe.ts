import type { AddressRange } from "@esddns/common/ip";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Dns } from "./esddns/dns.ts";
import type { StatusPage } from "./esddns/statusPage.ts";
import { DnsRecord, IPAddressPool, WanAddress } from "./kubernetes/kinds.ts";
import type { MetalLB } from "./metallb/metallb.ts";
import {
  foreignAddress,
  loadBalancerIp,
  orNull,
  poolOutput,
  recordOutputs,
  statusUrl,
  storedPools,
  storedRecords,
  wanOutputs,
} from "./outputs.ts";
import type { Guard } from "./config/guard.ts";
import type { Messages } from "./config/messages.ts";
import type { Key } from "./config/schema.ts";
import { SERVICE_KEYS } from "./esddns/push.ts";
import type { StackOutputs } from "./stackOutputs.ts";
import type { StoredOutputs } from "./stored.ts";

export interface ObserveArgs {
  /** The outputs that were stored last, if this run does not read the cluster. */
  readonly stored: StoredOutputs | undefined;
  readonly loadBalancer: MetalLB;
  readonly page: StatusPage;
  readonly dns: Dns;
  /** Addresses of all pools of the cluster. Undefined if the cluster was not read. */
  readonly pools: readonly AddressRange[] | undefined;
  readonly guard: Guard;
  readonly messages: Messages;
}

type Name = "wanIp" | "wanIpv4" | "wanIpv6" | "loadBalancerIp" | "statusUrl" | "records" | "pools";
type Outputs = { readonly [N in Name]: pulumi.Output<StackOutputs[N]> };

/**
 * Reads the objects behind the outputs again at every preview and up. An object opened by the id of an owned one is
 * read from the cluster, whereas the owned one keeps the status of its last write.
 *
 * With `stored` outputs nothing is read: the last observed values come from them, the values of the config are new. An
 * object that failed is null in the outputs and does not affect another output: the page's address is known even if a
 * record could not be written.
 */
export class Observed extends pulumi.ComponentResource {
  readonly outputs: Outputs;

  constructor(name: string, args: ObserveArgs, options: pulumi.ComponentResourceOptions) {
    super("esddns:observe:Observed", name, {}, options);
    this.outputs = args.stored === undefined ? this.#read(name, args) : fromStored(args.stored, args);
    this.registerOutputs({});
  }

  #read(name: string, args: ObserveArgs): Outputs {
    const { loadBalancer, page, dns, guard } = args;
    // Metadata contains the time when each field manager last wrote, which would be a change in every preview. As a
    // secret it takes one line.
    const self = { parent: this, additionalSecretOutputs: ["metadata"] };
    // A read repeats everything that was written. Only those parts of a status that do not come from the config are
    // used.
    const within = (names: readonly string[], ...keys: readonly Key[]) =>
      guard.holds(...keys) ? { ...self, additionalSecretOutputs: ["metadata", ...names] } : self;
    const status = <Status>(
      owned: { id: pulumi.Output<string> },
      open: (id: pulumi.Output<string>) => { status: pulumi.Output<Status | undefined> },
      after: readonly pulumi.Resource[] = [],
    ) => orNull(open(onceSettled(owned.id, after)).status);

    // The address of one family may be agreed on before that of the other, and the records need both.
    const synced = dns.records.map(({ resource }) => resource);
    const openWan = (id: pulumi.Output<string>) =>
      new WanAddress(`${name}-wan`, undefined, { ...within(["spec", "status"], "detection"), id });
    const wan = pulumi.unsecret(status(dns.wan, openWan, synced)).apply(wanOutputs);
    const openService = (id: pulumi.Output<string>) =>
      k8s.core.v1.Service.get(`${name}-service`, id, within(["spec", "status"], ...SERVICE_KEYS));
    // The config may contain the page's address.
    const given = pulumi.unsecret(status(page.service, openService)).apply((service) => {
      const foreign = foreignAddress(service, args.pools);
      if (foreign !== undefined) void args.messages.warn(foreign);
      return loadBalancerIp(service, args.pools);
    });
    const ip = guard.output(given, "service");
    const records = pulumi
      .all(
        dns.records.map(({ config, objectName, resource }) => {
          const open = (id: pulumi.Output<string>) =>
            new DnsRecord(`${name}-${objectName}`, undefined, { ...self, id });
          return status(resource, open).apply((current) => recordOutputs(config, current));
        }),
      )
      .apply((each) => each.flat());
    // MetalLB counts an address a moment after it has given it to the Service.
    const counted = [page.service, page.deployment];
    const pools = pulumi.all(
      loadBalancer.pools.map(({ config, resource }) => {
        const open = (id: pulumi.Output<string>) =>
          new IPAddressPool(`${name}-${config.name}`, undefined, { ...self, id });
        return status(resource, open, counted).apply((current) => poolOutput(config, current));
      }),
    );
    const { wanIp, wanIpv4, wanIpv6 } = wan;
    return { wanIp, wanIpv4, wanIpv6, loadBalancerIp: ip, statusUrl: ip.apply(statusUrl), records, pools };
  }
}

function fromStored(stored: StoredOutputs, { loadBalancer, dns, guard }: ObserveArgs): Outputs {
  const pools = loadBalancer.pools.map(({ config }) => config);
  return {
    wanIp: stored.get("wanIp"),
    wanIpv4: stored.get("wanIpv4"),
    wanIpv6: stored.get("wanIpv6"),
    // They may have been stored before the key was encrypted.
    loadBalancerIp: guard.output(stored.get("loadBalancerIp"), "service"),
    statusUrl: guard.output(stored.get("statusUrl"), "service"),
    records: stored.get("records").apply((last) => storedRecords(dns.records, last ?? [])),
    pools: stored.get("pools").apply((last) => storedPools(pools, last ?? [])),
  };
}

/** Returns `id` once the other resources exist or have failed. A preview creates nothing, so it does not wait. */
function onceSettled(id: pulumi.Output<string>, others: readonly pulumi.Resource[]): pulumi.Output<string> {
  if (pulumi.runtime.isDryRun()) return id;
  return pulumi.all([id, ...others.map(({ urn }) => pulumi.recover(urn, () => ""))]).apply(([first]) => first ?? "");
}
