/** Makes of the raw stack config a config that the program can rely on. Pure. */
import type { DetectionSpec } from "@esddns/common/api";
import { crossProblems } from "./crossChecks.ts";
import { detectionProblems } from "./keys/detection.ts";
import { tokenProblems, tokenSource, type TokenSource } from "./keys/gandiToken.ts";
import { keepsOnDestroy } from "./keys/keepOnDestroy.ts";
import { defaultL2, type L2 } from "./keys/l2.ts";
import { withChartVersion } from "./keys/metallb/chart.ts";
import { namespaceOf, namespaceProblems } from "./keys/namespace.ts";
import { notifyProblems } from "./keys/notify.ts";
import { capacityOf } from "./keys/pools/allocation.ts";
import { poolProblems, poolWarnings } from "./keys/pools/rules.ts";
import type { Pool } from "./keys/pools/schema.ts";
import { pushPool } from "./keys/push.ts";
import { classOf, ingressProblems, placePage, type PagePlace } from "./keys/service.ts";
import { Reader } from "./reader.ts";
import { keys, type Key, type Section, type Sections } from "./schema.ts";
import { bgpNames, encryptedProblems, hiddenValues, redactor } from "./secrecy.ts";
import type { Problem } from "./validation/problem.ts";
import { duplicateNames } from "./values/lists.ts";

/** A pool as it is written to MetalLB. */
type StackPool = Pool & {
  readonly autoAssign: boolean;
  /** How many addresses it has to give away, of both families. */
  readonly capacity: bigint;
};

/** The keys whose values in StackConfig are not those of their sections. */
type Derived =
  "namespace" | "keepOnDestroy" | "pools" | "l2" | "service" | "detection" | "gandiToken" | "gandiTokenSecret";

/**
 * The stack config, checked, with every default filled in. `bgp` and `notify` hold secrets: they are written into
 * Secrets and nowhere else.
 */
export interface StackConfig extends Readonly<Omit<Sections, Derived>> {
  readonly namespace: string;
  readonly keepOnDestroy: boolean;
  readonly pools: readonly StackPool[];
  readonly l2: readonly L2[];
  readonly service: Omit<Section<"service">, "pool" | "address"> & PagePlace;
  readonly detection: DetectionSpec;
  readonly token: TokenSource;
}

export type ParsedConfig =
  | {
      ok: true;
      config: StackConfig;
      warnings: readonly string[];
      /** The values that no message may quote. */
      hidden: readonly string[];
    }
  | { ok: false; problems: readonly Problem[] };

interface Context {
  readonly stack: string;
  /** The keys whose values are stored encrypted. */
  readonly secretKeys: ReadonlySet<string>;
}

/**
 * Returns the config, or every problem at once: its key path, what is wrong and what would be right.
 * `raw`: by key, without `esddns:`; values as Pulumi hands them over, or already typed.
 */
export function parseStackConfig(raw: unknown, context: Context): ParsedConfig {
  const { stack, secretKeys } = context;
  // A user may have forgotten to encrypt the secrets of channels.
  const reader = new Reader(raw, new Set([...secretKeys, "notify"]));
  const namespace = namespaceOf(reader.section("namespace"), stack);
  reader.addProblems([...keyProblems(reader, context), ...crossProblems(reader, { namespace, secretKeys })]);
  const sections = reader.complete();
  const hidden = hiddenIn(reader, secretKeys);
  const redact = redactor(hidden);
  const encrypted = encryptedProblems(context, reader.raw("metallb"));
  if (sections === undefined || encrypted.length > 0) {
    const redacted = reader.problems.map(({ path, wrong, right }) => ({
      path,
      wrong: redact(wrong),
      right: redact(right),
    }));
    return { ok: false, problems: [...encrypted, ...redacted] };
  }
  const config = stackConfig(sections, stack, reader.raw("metallb"));
  return { ok: true, config, warnings: poolWarnings(reader.items("pools")).map(redact), hidden };
}

/** The rules of single keys beyond their shape. */
function keyProblems(reader: Reader, { stack, secretKeys }: Context): Problem[] {
  const [service, detection, notify] = [
    reader.section("service"),
    reader.section("detection"),
    reader.section("notify"),
  ];
  return [
    ...namespaceProblems(reader.section("namespace"), reader.isSet("namespace"), stack),
    ...poolProblems(reader.items("pools")),
    ...duplicateNames(["l2"], reader.items("l2")),
    ...(service ? ingressProblems(service) : []),
    ...(detection ? detectionProblems(detection) : []),
    ...tokenProblems(reader.isSet("gandiToken"), secretKeys.has("gandiToken"), reader.section("gandiTokenSecret")),
    ...(notify ? notifyProblems(notify, secretKeys.has("notify")) : []),
  ];
}

/** The values of encrypted keys that are nowhere in plain text. */
function hiddenIn(reader: Reader, secretKeys: ReadonlySet<string>): string[] {
  const plain = (Object.keys(keys) as Key[]).filter((key) => !secretKeys.has(key)).map((key) => reader.raw(key));
  const encrypted = [...secretKeys].map((key) => reader.written(key));
  return hiddenValues(encrypted, [...plain, bgpNames(reader.raw("bgp"))]);
}

/** `rawMetallb`: that section as it is written. */
function stackConfig(
  { gandiToken, gandiTokenSecret, ...sections }: Sections,
  stack: string,
  rawMetallb: unknown,
): StackConfig {
  const namespace = namespaceOf(sections.namespace, stack);
  const metallb = withChartVersion(sections.metallb, rawMetallb);
  const pools = sections.pools.map((pool) => ({
    ...pool,
    // If MetalLB is shared, another stack's Service must not land in these pools by chance.
    autoAssign: pool.autoAssign ?? sections.shared === "own",
    capacity: capacityOf(pool),
  }));
  const placed = pools.map((value, index) => ({ index, value }));
  const service = { ...sections.service, ...placePage(sections.service, placed, namespace) };
  return {
    ...sections,
    namespace,
    keepOnDestroy: keepsOnDestroy(sections.keepOnDestroy, stack),
    metallb,
    pools,
    l2: sections.l2 ?? defaultL2(namespace, pools),
    service: { ...service, loadBalancerClass: service.loadBalancerClass ?? classOf(metallb.values) },
    push: { ...sections.push, pool: pushPool(sections.push, placed, service, namespace) },
    detection: {
      ...sections.detection,
      excluded: pools.flatMap(({ addresses }) => addresses.map(({ canonical }) => canonical)),
    },
    token: tokenSource(gandiToken !== undefined, gandiTokenSecret),
  };
}
