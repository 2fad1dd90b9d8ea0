/** Every write to the cluster except the lease and events, each under the field manager of its author. */
import {
  API_VERSION,
  CONFIG_MAP_NAME,
  type DnsRecordObject,
  type DnsRecordStatus,
  type KubeObject,
  OBSERVER_MANAGER,
  RECORD_FINALIZER,
  type WanAddressObject,
  type WanAddressStatus,
  type WanObservation,
  type WanObservationObject,
  WRITER_MANAGER,
} from "@esddns/common/api";
import type { KubeClient } from "./client.ts";
import type { KubeResult } from "./failure.ts";
import { configMaps, dnsRecords, wanAddresses, wanObservations } from "./resources.ts";

type Applier = Pick<KubeClient, "apply">;

/**
 * Writes a decision as the status of the WanAddress that was read. The resourceVersion is the fence: if the object has
 * been written since, the answer is a Conflict, and the decision must be made again from the new object.
 */
export function writeDecision(
  client: Applier,
  read: WanAddressObject,
  status: WanAddressStatus,
  signal: AbortSignal,
): Promise<KubeResult<WanAddressObject>> {
  return client.apply(
    wanAddresses,
    withStatus("WanAddress", asRead(read), status),
    { fieldManager: WRITER_MANAGER, subresource: "status" },
    signal,
  );
}

/**
 * Writes the status of the record that was read. The answer is a Conflict if the record has been written since.
 * Otherwise the status could land on another object of the same name.
 */
export function writeRecordStatus(
  client: Applier,
  read: DnsRecordObject,
  status: DnsRecordStatus,
  signal: AbortSignal,
): Promise<KubeResult<DnsRecordObject>> {
  return client.apply(
    dnsRecords,
    withStatus("DnsRecord", asRead(read), status),
    { fieldManager: WRITER_MANAGER, subresource: "status" },
    signal,
  );
}

/**
 * Adds a finalizer to the record that was read, or removes it. The answer is a Conflict if the record has been written
 * since.
 */
export function writeFinalizer(
  client: Pick<KubeClient, "patch">,
  read: DnsRecordObject,
  change: "add" | "remove",
  signal: AbortSignal,
): Promise<KubeResult<DnsRecordObject>> {
  const { name, namespace, resourceVersion } = read.metadata;
  const others = (read.metadata.finalizers ?? []).filter((finalizer) => finalizer !== RECORD_FINALIZER);
  const finalizers = change === "add" ? [...others, RECORD_FINALIZER] : others;
  const patch = { metadata: { resourceVersion, finalizers } };
  return client.patch(dnsRecords, { namespace, name }, patch, { fieldManager: WRITER_MANAGER }, signal);
}

/** Writes this node's observation. The Node object owns it, so it is deleted with the node. */
export function writeObservation(
  client: Applier,
  namespace: string,
  observation: WanObservation,
  nodeUid: string | undefined,
  signal: AbortSignal,
): Promise<KubeResult<WanObservationObject>> {
  const name = observation.nodeName;
  const owner = { apiVersion: "v1", kind: "Node", name, uid: nodeUid };
  const object = {
    apiVersion: API_VERSION,
    kind: "WanObservation",
    metadata: { name, namespace, ...(nodeUid === undefined ? {} : { ownerReferences: [owner] }) },
    ...observation,
  };
  return client.apply(wanObservations, object, { fieldManager: OBSERVER_MANAGER }, signal);
}

/** Writes the ConfigMap for workloads. Only known values become keys. */
export function writeAddressConfigMap(
  client: Applier,
  namespace: string,
  data: Record<string, string>,
  signal: AbortSignal,
): Promise<KubeResult<KubeObject>> {
  const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: CONFIG_MAP_NAME, namespace }, data };
  return client.apply(configMaps, object, { fieldManager: WRITER_MANAGER }, signal);
}

/**
 * Returns the keys of that ConfigMap: `ipv4`, `ipv6`, `ipv6Prefix`, and `ip`, which is IPv4 if there is one, otherwise
 * IPv6.
 */
export function addressData(status: WanAddressStatus): Record<string, string> {
  const ip = status.ipv4 ?? status.ipv6;
  return {
    ...(status.ipv4 === undefined ? {} : { ipv4: status.ipv4 }),
    ...(status.ipv6 === undefined ? {} : { ipv6: status.ipv6 }),
    ...(status.ipv6Prefix === undefined ? {} : { ipv6Prefix: status.ipv6Prefix }),
    ...(ip === undefined ? {} : { ip }),
  };
}

function withStatus(kind: string, metadata: KubeObject["metadata"], status: object): KubeObject & { status: object } {
  return { apiVersion: API_VERSION, kind, metadata, status };
}

/**
 * Names exactly the object that was read. The API server compares only the resourceVersion: for the status of a custom
 * resource it accepts an apply with another object's uid (tried with 1.34). The uid documents in the request which
 * object is meant.
 */
function asRead({ kind, metadata }: KubeObject): KubeObject["metadata"] {
  const { name, namespace, uid, resourceVersion } = metadata;
  if (resourceVersion === undefined) throw new TypeError(`a ${kind} without resourceVersion was never read`);
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(uid === undefined ? {} : { uid }),
    resourceVersion,
  };
}
