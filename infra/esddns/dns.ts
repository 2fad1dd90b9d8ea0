import { createHash } from "node:crypto";
import { serviceSourceRules, WAN_ADDRESS_NAME } from "@esddns/common/api";
import * as pulumi from "@pulumi/pulumi";
import type { LoadedConfig } from "../config/load.ts";
import { fqdn, type DnsRecordConfig } from "../config/keys/records.ts";
import { DnsRecord, WanAddress } from "../kubernetes/kinds.ts";
import { names } from "../names.ts";
import type { Operator } from "./operator.ts";
import { rightsElsewhere } from "./rbac.ts";

export interface DnsArgs extends Pick<
  LoadedConfig,
  "detection" | "dryRun" | "records" | "waitForWanSeconds" | "guard"
> {
  /** The operator fills in the status of these objects, and a destroy must remove it after them. */
  readonly operator: Pick<Operator, "namespace" | "definitions" | "daemonSet">;
}

/**
 * The custom resources that the operator reads: how to find the WAN address, and which records to update. An up waits
 * for the address and then for the records, so an up that has finished means that the records are correct.
 */
export class Dns extends pulumi.ComponentResource {
  readonly wan: WanAddress;
  readonly records: readonly {
    readonly config: DnsRecordConfig;
    /** Whether the records are only planned, so that nothing is written to Gandi. */
    readonly dryRun: boolean;
    readonly objectName: string;
    readonly resource: DnsRecord;
  }[];

  constructor(name: string, args: DnsArgs, options: pulumi.ComponentResourceOptions) {
    super("esddns:dns:Dns", name, {}, options);
    const { waitForWanSeconds, guard } = args;
    const waiting = (condition: string, seconds: number) =>
      guard.value(waitFor(condition, seconds), "waitForWanSeconds");
    const { namespace, definitions, daemonSet } = args.operator;
    this.wan = new WanAddress(
      `${name}-wan`,
      {
        metadata: { name: WAN_ADDRESS_NAME, namespace, annotations: waiting("Ready", waitForWanSeconds) },
        spec: guard.value(args.detection, "detection"),
      },
      {
        parent: this,
        ...guard.outputs(["metadata", "status"], "detection", "waitForWanSeconds"),
        dependsOn: [...definitions, daemonSet],
      },
    );
    const rights = serviceRights(name, args, this);
    this.records = args.records.map((config) => {
      const objectName = objectNameOf(config, args.records);
      const dryRun = args.dryRun || config.dryRun === true;
      // A record that is only planned never becomes true.
      const metadata = { name: objectName, namespace, annotations: waiting("Synced", dryRun ? 0 : waitForWanSeconds) };
      const resource = new DnsRecord(
        `${name}-${objectName}`,
        { metadata, spec: dryRun ? { ...config, dryRun } : config },
        {
          parent: this,
          ...guard.outputs(["metadata"], "waitForWanSeconds"),
          // This is also the order of a destroy, reversed: the operator that deletes the record at Gandi must still
          // run.
          dependsOn: [this.wan, ...definitions, daemonSet, ...rights],
          customTimeouts: { delete: `${(config.deletionTimeoutSeconds ?? 60) + DELETION_SLACK_SECONDS}s` },
        },
      );
      return { config, dryRun, objectName, resource };
    });
    this.registerOutputs({});
  }
}

/** Allows for the time to take the lease first, and to find out that Gandi does not answer. */
const DELETION_SLACK_SECONDS = 240;

/** Creates one Role for each namespace with Services from which records take their addresses. */
function serviceRights(name: string, { records, operator }: DnsArgs, parent: Dns): pulumi.Resource[] {
  const services = records.flatMap(({ source }) => (source?.kind === "Service" ? (source.service ?? []) : []));
  const byNamespace = Map.groupBy(services, ({ namespace }) => namespace);
  return [...byNamespace].map(([target, found]) =>
    rightsElsewhere(
      `${name}-services-${target}`,
      {
        account: pulumi.output(names.operator.serviceAccount),
        namespace: operator.namespace,
        target,
        rules: serviceSourceRules([...new Set(found.map((service) => service.name))].sort()),
      },
      { parent },
    ),
  );
}

/**
 * Returns the name of a record's object: its own name if Kubernetes accepts that, otherwise a similar name with a hash.
 * Two entries with one name have different types, so only the second one has its type in its name. An entry that is the
 * only one with its name keeps its object when its types change. Otherwise the new object would be created before the
 * old one is deleted, it would wait for the rrset that the old one owns, and the up would never end.
 */
export function objectNameOf(record: NamedRecord, all: readonly NamedRecord[] = [record]): string {
  const name = fqdn(record);
  const plain = name
    .replace("*", "wildcard")
    .replaceAll(/[^a-z0-9.-]/g, "-")
    .replaceAll(/(^|\.)-+|-+(?=\.)/g, "$1");
  const hash = plain === name ? "" : `-${createHash("sha256").update(name).digest("hex").slice(0, 6)}`;
  const second = !record.types.includes("A") && all.some((other) => fqdn(other) === name && other.types.includes("A"));
  return `${plain}${hash}${second ? "-aaaa" : ""}`;
}

type NamedRecord = Pick<DnsRecordConfig, "zone" | "name" | "types">;

function waitFor(condition: string, seconds: number): Record<string, string> {
  if (seconds === 0) return {};
  return { "pulumi.com/waitFor": `condition=${condition}`, "pulumi.com/timeoutSeconds": String(seconds) };
}
