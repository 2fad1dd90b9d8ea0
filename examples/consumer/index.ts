/** One port, open to the home network behind esddns and to nobody else: wherever its WAN address moves to. */
import { WanAddress } from "@esddns/infra/kinds";
import { esddnsOutput } from "@esddns/infra/outputs";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

const config = new pulumi.Config();
const namespace = config.require("namespace");
const app = config.require("app");

const esddns = new pulumi.StackReference("esddns", { name: config.require("esddnsStack") });
const wanIpv4 = esddnsOutput(esddns, "wanIpv4");
const wanIpv6 = esddnsOutput(esddns, "wanIpv6");

/** Empty while no address is known: then the policy lets nobody in. */
const sources = pulumi
  .all([wanIpv4, wanIpv6])
  .apply(([ipv4, ipv6]) => [...(ipv4 ? [`${ipv4}/32`] : []), ...(ipv6 ? [`${ipv6}/128`] : [])]);

new k8s.networking.v1.NetworkPolicy("from-home", {
  metadata: { name: `${app}-from-home`, namespace },
  spec: {
    podSelector: { matchLabels: { app } },
    policyTypes: ["Ingress"],
    ingress: sources.apply((cidrs) =>
      cidrs.length === 0
        ? []
        : [
            {
              from: cidrs.map((cidr) => ({ ipBlock: { cidr } })),
              ports: [{ protocol: "TCP", port: config.requireNumber("port") }],
            },
          ],
    ),
  },
});

/** As of the last `pulumi up` of the esddns stack. */
export const allowedSources = sources;

/** As of now, to compare with; undefined where the cluster is not read, or knows no address. */
export const wanIpv4Now = config.requireBoolean("readLive")
  ? new WanAddress("now", undefined, { id: esddnsOutput(esddns, "wanAddressId") }).status.apply(
      (status) => status?.ipv4,
    )
  : undefined;
