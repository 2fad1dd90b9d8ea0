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
    /** Whether it is only planned, and nothing is written to Gandi. */
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
      // What is only planned never becomes true.
      const metadata = { name: objectName, namespace, annotations: waiting("Synced", dryRun ? 0 : waitForWanSeconds) };
      const resource = new DnsRecord(
        `${name}-${objectName}`,
        { metadata, spec: dryRun ? { ...config, dryRun } : config },
        {
          parent: this,
          ...guard.outputs(["metadata"], "waitForWanSeconds"),
          // Also the order of a destroy, backwards: whoever deletes the record at Gandi must still be there.
          dependsOn: [this.wan, ...definitions, daemonSet, ...rights],
          customTimeouts: { delete: `${(config.deletionTimeoutSeconds ?? 60) + DELETION_SLACK_SECONDS}s` },
        },
      );
      return { config, dryRun, objectName, resource };
    });
    this.registerOutputs({});
  }
}

/** The operator may have to take the lease first, and to find out that Gandi does not answer. */
const DELETION_SLACK_SECONDS = 240;

/** One Role for each namespace that holds Services from which records take their addresses. */
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
 * The name of a record's object: its own name where Kubernetes takes that, else one like it with a hash. Two entries
 * of one name have different types, so the type that stands alone in the second tells them apart. An entry that is the
 * only one of its name keeps the object whatever its types become: another object would be made before the old one
 * goes, would wait in vain for the rrset that the older one has, and the up would never get to the end of it.
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
