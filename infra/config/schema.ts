/** The stack config, key by key. Shape, type, rules and facts of each key are in keys/. */
import { z } from "zod";
import { bgpKey } from "./keys/bgp/schema.ts";
import { checksKey } from "./keys/checks.ts";
import { detectionKey } from "./keys/detection.ts";
import { dryRunKey } from "./keys/dryRun.ts";
import { extraCaCertificatesKey } from "./keys/extraCaCertificates.ts";
import { gandiRequestsPerMinuteKey } from "./keys/gandiRequestsPerMinute.ts";
import { gandiTokenExpiresKey, gandiTokenKey, gandiTokenSecretKey } from "./keys/gandiToken.ts";
import { imageKey } from "./keys/image.ts";
import { keepOnDestroyKey } from "./keys/keepOnDestroy.ts";
import { l2Key } from "./keys/l2.ts";
import { metallbKey } from "./keys/metallb/schema.ts";
import { monitoringKey } from "./keys/monitoring.ts";
import { namespaceKey } from "./keys/namespace.ts";
import { notifyKey } from "./keys/notify.ts";
import { observeLiveKey } from "./keys/observeLive.ts";
import { operatorKey } from "./keys/operator.ts";
import { poolsKey } from "./keys/pools/schema.ts";
import { pushKey } from "./keys/push.ts";
import { recordsKey } from "./keys/records.ts";
import { serviceKey } from "./keys/service.ts";
import { sharedKey } from "./keys/shared.ts";
import { waitForWanSecondsKey } from "./keys/waitForWanSeconds.ts";

/** Every key, by the name that follows `esddns:`. */
export const keys = {
  namespace: namespaceKey,
  shared: sharedKey,
  keepOnDestroy: keepOnDestroyKey,
  metallb: metallbKey,
  pools: poolsKey,
  l2: l2Key,
  bgp: bgpKey,
  service: serviceKey,
  records: recordsKey,
  dryRun: dryRunKey,
  detection: detectionKey,
  gandiToken: gandiTokenKey,
  gandiTokenSecret: gandiTokenSecretKey,
  gandiTokenExpires: gandiTokenExpiresKey,
  gandiRequestsPerMinute: gandiRequestsPerMinuteKey,
  notify: notifyKey,
  monitoring: monitoringKey,
  push: pushKey,
  image: imageKey,
  extraCaCertificates: extraCaCertificatesKey,
  operator: operatorKey,
  observeLive: observeLiveKey,
  checks: checksKey,
  waitForWanSeconds: waitForWanSecondsKey,
} as const;

export type Key = keyof typeof keys;
export type Section<K extends Key> = z.output<(typeof keys)[K]>;

/** All keys at once. */
export const allKeys = z.object(keys);
export type Sections = z.output<typeof allKeys>;
