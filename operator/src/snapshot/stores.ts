import type { DnsRecordObject, KubeObject, WanAddressObject, WanObservationObject } from "@esddns/common/api";
import { WAN_ADDRESS_NAME } from "@esddns/common/api";
import type { Clock, Random } from "../runtime/clock.ts";
import type { KubeClient } from "../kube/client.ts";
import { dnsRecords, type Resource, wanAddresses, wanObservations } from "../kube/resources.ts";
import { Watch } from "../kube/watch.ts";
import type { Logger } from "../runtime/log.ts";
import type { Health } from "../runtime/health.ts";
import type { Snapshot } from "./snapshot.ts";
import { VERSION } from "../runtime/version.ts";

/**
 * A watch waits at most 150 s for a byte and 30 s between attempts. After a longer time without a step it is stuck.
 * Milliseconds.
 */
const WATCH_LIMIT_MS = 300_000;

export interface StoresOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly health: Health;
  readonly onWan?: (name: string, object: WanAddressObject | undefined) => void;
  readonly onObservation?: (name: string, object: WanObservationObject | undefined) => void;
  readonly onRecord?: (name: string, object: DnsRecordObject | undefined) => void;
}

/** Watches the three kinds of the namespace. */
export class Stores {
  readonly wan: Watch<WanAddressObject>;
  readonly observations: Watch<WanObservationObject>;
  readonly records: Watch<DnsRecordObject>;
  readonly #options: StoresOptions;

  constructor(options: StoresOptions) {
    this.#options = options;
    this.wan = this.#watch(wanAddresses, options.onWan);
    this.observations = this.#watch(wanObservations, options.onObservation);
    this.records = this.#watch(dnsRecords, options.onRecord);
  }

  snapshot(): Snapshot {
    const { clock, namespace } = this.#options;
    return {
      now: clock.now(),
      namespace,
      version: VERSION,
      wan: this.wan.get(WAN_ADDRESS_NAME),
      observations: this.observations.items(),
      records: this.records.items(),
      watches: [
        { kind: wanAddresses.kind, ageMs: this.wan.ageMs() },
        { kind: wanObservations.kind, ageMs: this.observations.ageMs() },
        { kind: dnsRecords.kind, ageMs: this.records.ageMs() },
      ],
    };
  }

  /** Watches until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.wan.run(signal), this.observations.run(signal), this.records.run(signal)]);
  }

  #watch<T extends KubeObject>(
    resource: Resource<T>,
    onChange: ((name: string, object: T | undefined) => void) | undefined,
  ): Watch<T> {
    const { client, namespace, clock, random, log, health } = this.#options;
    const onAlive = health.loop(`watch of ${resource.kind}`, WATCH_LIMIT_MS);
    const watch = new Watch({
      client,
      resource,
      namespace,
      clock,
      random,
      log,
      onAlive,
      ...(onChange === undefined ? {} : { onChange }),
    });
    health.readyWhen(`${resource.kind} read`, () => watch.synced);
    return watch;
  }
}
