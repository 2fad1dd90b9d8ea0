import { createHash } from "node:crypto";
import { WAN_ADDRESS_NAME } from "@esddns/operator/api";
import * as pulumi from "@pulumi/pulumi";
import type { StackConfig } from "../config/parse.ts";
import { fqdn } from "../config/records.ts";
import type { DnsRecordConfig } from "../config/schema.ts";
import { DnsRecord, WanAddress } from "../kubernetes/kinds.ts";
import type { Operator } from "./operator.ts";

export interface DnsArgs extends Pick<StackConfig, "detection" | "records" | "waitForWanSeconds"> {
  /** What fills in the status of these objects, and must outlive them at a destroy. */
  readonly operator: Pick<Operator, "namespace" | "definitions" | "daemonSet">;
}

/**
 * What the operator is told: how to look for the WAN address, and which records to keep true to it. An up waits for
 * the address and then for the records, so one that has finished says that the records stand.
 */
export class Dns extends pulumi.ComponentResource {
  readonly wan: WanAddress;
  readonly records: readonly {
    readonly config: DnsRecordConfig;
    readonly objectName: string;
    readonly resource: DnsRecord;
  }[];

  constructor(name: string, args: DnsArgs, options: pulumi.ComponentResourceOptions) {
    super("esddns:dns:Dns", name, {}, options);
    const { waitForWanSeconds } = args;
    const { namespace, definitions, daemonSet } = args.operator;
    this.wan = new WanAddress(
      `${name}-wan`,
      {
        metadata: { name: WAN_ADDRESS_NAME, namespace, ...waitFor("Ready", waitForWanSeconds) },
        spec: args.detection,
      },
      { parent: this, dependsOn: [...definitions, daemonSet] },
    );
    this.records = args.records.map((config) => {
      const objectName = objectNameOf(config);
      const metadata = { name: objectName, namespace, ...waitFor("Synced", waitForWanSeconds) };
      const dependsOn = [this.wan, ...definitions, daemonSet];
      const resource = new DnsRecord(`${name}-${objectName}`, { metadata, spec: config }, { parent: this, dependsOn });
      return { config, objectName, resource };
    });
    this.registerOutputs({});
  }
}

/**
 * The name of a record's object: its own name where Kubernetes takes that, else one like it with a hash. Two entries
 * of one name have different types, so the type that stands alone in the second tells them apart.
 */
export function objectNameOf(record: Pick<DnsRecordConfig, "zone" | "name" | "types">): string {
  const name = fqdn(record);
  const plain = name
    .replace("*", "wildcard")
    .replaceAll(/[^a-z0-9.-]/g, "-")
    .replaceAll(/(^|\.)-+|-+(?=\.)/g, "$1");
  const hash = plain === name ? "" : `-${createHash("sha256").update(name).digest("hex").slice(0, 6)}`;
  return `${plain}${hash}${record.types.includes("A") ? "" : "-aaaa"}`;
}

function waitFor(condition: string, seconds: number): { annotations?: Record<string, string> } {
  if (seconds === 0) return {};
  return {
    annotations: { "pulumi.com/waitFor": `condition=${condition}`, "pulumi.com/timeoutSeconds": String(seconds) },
  };
}
