/** The custom resources that the stack writes. */
import {
  API_VERSION,
  type DetectionSpec,
  type DnsRecordSpec,
  type DnsRecordStatus,
  type WanAddressStatus,
} from "@esddns/common/api";
import type * as pulumi from "@pulumi/pulumi";
import { type ObjectArgs, TypedCustomResource } from "./customResource.ts";

/** The keys of a record. A value that the config leaves to the custom resource definition's default is left out. */
export type RecordSpec = Pick<DnsRecordSpec, "zone" | "name" | "types" | "ttl"> & {
  readonly [K in Exclude<keyof DnsRecordSpec, "zone" | "name" | "types" | "ttl">]?: DnsRecordSpec[K] | undefined;
};

export class WanAddress extends TypedCustomResource<DetectionSpec, WanAddressStatus> {
  constructor(name: string, args: ObjectArgs<DetectionSpec> | undefined, options: pulumi.CustomResourceOptions) {
    super({ apiVersion: API_VERSION, kind: "WanAddress" }, name, args, options);
  }
}

export class DnsRecord extends TypedCustomResource<RecordSpec, DnsRecordStatus> {
  constructor(name: string, args: ObjectArgs<RecordSpec> | undefined, options: pulumi.CustomResourceOptions) {
    super({ apiVersion: API_VERSION, kind: "DnsRecord" }, name, args, options);
  }
}

const METALLB = "metallb.io/v1beta1";

export interface IPAddressPoolSpec {
  readonly addresses: readonly string[];
  readonly autoAssign: boolean;
  readonly avoidBuggyIPs: boolean;
  readonly serviceAllocation?: {
    readonly priority?: number;
    readonly namespaces?: readonly string[];
    readonly namespaceSelectors?: readonly object[];
    readonly serviceSelectors?: readonly object[];
  };
}

/** The numbers of addresses. */
export interface IPAddressPoolStatus {
  readonly assignedIPv4: number;
  readonly assignedIPv6: number;
  readonly availableIPv4: number;
  readonly availableIPv6: number;
}

export class IPAddressPool extends TypedCustomResource<IPAddressPoolSpec, IPAddressPoolStatus> {
  constructor(name: string, args: ObjectArgs<IPAddressPoolSpec> | undefined, options: pulumi.CustomResourceOptions) {
    super({ apiVersion: METALLB, kind: "IPAddressPool" }, name, args, options);
  }
}

export interface L2AdvertisementSpec {
  readonly ipAddressPools: readonly string[];
  readonly interfaces?: readonly string[];
  readonly nodeSelectors?: readonly object[];
}

export class L2Advertisement extends TypedCustomResource<L2AdvertisementSpec, never> {
  constructor(name: string, args: ObjectArgs<L2AdvertisementSpec>, options: pulumi.CustomResourceOptions) {
    super({ apiVersion: METALLB, kind: "L2Advertisement" }, name, args, options);
  }
}

export interface BGPPeerSpec {
  readonly myASN: number;
  readonly peerASN: number;
  readonly peerAddress: string;
  readonly peerPort?: number;
  readonly sourceAddress?: string;
  readonly holdTime?: string;
  readonly keepaliveTime?: string;
  readonly ebgpMultiHop?: boolean;
  readonly nodeSelectors?: readonly object[];
  readonly passwordSecret?: { readonly name: string; readonly namespace: string };
  readonly bfdProfile?: string;
}

export class BGPPeer extends TypedCustomResource<BGPPeerSpec, never> {
  constructor(
    name: string,
    args: { readonly metadata: ObjectArgs<BGPPeerSpec>["metadata"]; readonly spec: pulumi.Inputs },
    options: pulumi.CustomResourceOptions,
  ) {
    // v1beta1 has no passwordSecret.
    super({ apiVersion: "metallb.io/v1beta2", kind: "BGPPeer" }, name, args as ObjectArgs<BGPPeerSpec>, options);
  }
}

export interface BGPAdvertisementSpec {
  readonly ipAddressPools: readonly string[];
  readonly aggregationLength: number;
  readonly aggregationLengthV6: number;
  readonly communities?: readonly string[];
  readonly localPref?: number;
  readonly peers?: readonly string[];
  readonly nodeSelectors?: readonly object[];
}

export class BGPAdvertisement extends TypedCustomResource<BGPAdvertisementSpec, never> {
  constructor(name: string, args: ObjectArgs<BGPAdvertisementSpec>, options: pulumi.CustomResourceOptions) {
    super({ apiVersion: METALLB, kind: "BGPAdvertisement" }, name, args, options);
  }
}

export interface BFDProfileSpec {
  readonly receiveInterval?: number | undefined;
  readonly transmitInterval?: number | undefined;
  readonly detectMultiplier?: number | undefined;
}

export class BFDProfile extends TypedCustomResource<BFDProfileSpec, never> {
  constructor(name: string, args: ObjectArgs<BFDProfileSpec>, options: pulumi.CustomResourceOptions) {
    super({ apiVersion: METALLB, kind: "BFDProfile" }, name, args, options);
  }
}
