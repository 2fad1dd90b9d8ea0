import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Dns } from "./esddns/dns.ts";
import type { StatusPage } from "./esddns/statusPage.ts";
import { DnsRecord, IPAddressPool, WanAddress } from "./kubernetes/kinds.ts";
import type { MetalLB } from "./metallb/metallb.ts";
import { loadBalancerIp, orNull, poolOutput, recordOutputs, wanOutputs } from "./outputs.ts";
import type { StackOutputs } from "./stackOutputs.ts";

export interface ObserveArgs {
  readonly live: boolean;
  readonly loadBalancer: MetalLB;
  readonly page: StatusPage;
  readonly dns: Dns;
}

/**
 * What the cluster says of the objects that the outputs tell about, read anew at every preview and up: an object that
 * is opened by the id of an owned one is a read, whereas the owned one keeps the status of its last write.
 *
 * With `live` off nothing is read, and the outputs come from those last writes. What has failed is null in the outputs
 * and takes no other with it: the address of the page is known though the record could not be written.
 */
export class Observed extends pulumi.ComponentResource {
  readonly wan: pulumi.Output<ReturnType<typeof wanOutputs>>;
  readonly loadBalancerIp: pulumi.Output<string | null>;
  readonly records: pulumi.Output<StackOutputs["records"]>;
  readonly pools: pulumi.Output<StackOutputs["pools"]>;

  constructor(name: string, { live, loadBalancer, page, dns }: ObserveArgs, options: pulumi.ComponentResourceOptions) {
    super("esddns:observe:Observed", name, {}, options);
    // Metadata tells when each field manager last wrote, as a change in every preview; kept secret, it is one line of it.
    const self = { parent: this, additionalSecretOutputs: ["metadata"] };
    const status = <Status>(
      owned: { id: pulumi.Output<string>; status: pulumi.Output<Status | undefined> },
      open: (id: pulumi.Output<string>) => { status: pulumi.Output<Status | undefined> },
      after: readonly pulumi.Resource[] = [],
    ) => orNull((live ? open(onceSettled(owned.id, after)) : owned).status);

    // The address of one family may be agreed on before that of the other; the records need both.
    const synced = dns.records.map(({ resource }) => resource);
    const openWan = (id: pulumi.Output<string>) => new WanAddress(`${name}-wan`, undefined, { ...self, id });
    this.wan = status(dns.wan, openWan, synced).apply(wanOutputs);
    const openService = (id: pulumi.Output<string>) => k8s.core.v1.Service.get(`${name}-service`, id, self);
    this.loadBalancerIp = status(page.service, openService).apply(loadBalancerIp);
    this.records = pulumi
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
    this.pools = pulumi.all(
      loadBalancer.pools.map(({ config, resource }) => {
        const open = (id: pulumi.Output<string>) =>
          new IPAddressPool(`${name}-${config.name}`, undefined, { ...self, id });
        return status(resource, open, counted).apply((current) => poolOutput(config, current));
      }),
    );
    this.registerOutputs({});
  }
}

/** `id` as soon as the others are there, or have failed. A preview makes nothing that there would be to wait for. */
function onceSettled(id: pulumi.Output<string>, others: readonly pulumi.Resource[]): pulumi.Output<string> {
  if (pulumi.runtime.isDryRun()) return id;
  return pulumi.all([id, ...others.map(({ urn }) => pulumi.recover(urn, () => ""))]).apply(([first]) => first ?? "");
}
