/** From whatever stands in the stack config to a config that the program can rely on. Pure. */
import type { DetectionSpec } from "@esddns/common/api";
import { canonicalNetwork } from "./values/addresses.ts";
import { checkDetection } from "./keys/detection.ts";
import { checkChannel } from "./keys/notify.ts";
import { names } from "../names.ts";
import { isDnsLabel } from "./values/fields.ts";
import { imageSource, MISSING_IMAGE, type ImageSource } from "./keys/image.ts";
import { reservedNamespace } from "./keys/metallb/rules.ts";
import { readNetwork } from "./crossChecks.ts";
import { quote, type Problem } from "./validation/problem.ts";
import { Reader } from "./reader.ts";
import { checkRecords } from "./keys/records.ts";
import { bgpNames, encryptedProblems, hiddenValues, redactor } from "./secrecy.ts";
import { type DnsRecordConfig, type Key, keys, type L2, type Pool, type Section } from "./schema.ts";
import type { Family } from "./keys/service.ts";

/** Where Gandi's token comes from. The token itself is no part of the config: it stays a secret of Pulumi's. */
type TokenSource = { kind: "config" } | { kind: "secret"; name: string; key: string } | { kind: "none" };

/** The stack config, checked, with every default filled in. */
export interface StackConfig {
  readonly namespace: string;
  readonly shared: "own" | "adopt";
  /** MetalLB and the custom resource definitions outlive a destroy, and the next up takes them over. */
  readonly keepOnDestroy: boolean;
  readonly metallb: Section<"metallb">;
  /** Addresses in MetalLB's own spelling. */
  readonly pools: readonly (Pool & {
    readonly autoAssign: boolean;
    /** How many addresses it has to give away, of both families. */
    readonly capacity: bigint;
  })[];
  readonly l2: readonly L2[];
  /** Holds passwords: to be written into Secrets and nowhere else. */
  readonly bgp: Section<"bgp">;
  readonly service: Omit<Section<"service">, "pool" | "address"> & {
    readonly pool: string | undefined;
    readonly addresses: readonly string[];
    /** Of its address; none where that is another stack's to know. */
    readonly families: readonly Family[];
  };
  readonly records: readonly DnsRecordConfig[];
  /** Nothing is to be written to Gandi, whatever the single records say. */
  readonly dryRun: boolean;
  readonly detection: DetectionSpec;
  readonly token: TokenSource;
  readonly gandiTokenExpires: string | undefined;
  readonly gandiRequestsPerMinute: number;
  /** Holds secrets: to be written into a Secret and nowhere else. */
  readonly notify: Section<"notify">;
  /** With the pool of its address, where it is one of this stack's. */
  readonly push: Section<"push">;
  readonly monitoring: Section<"monitoring">;
  readonly image: ImageSource;
  readonly extraCaCertificates: string | undefined;
  readonly operator: Section<"operator">;
  readonly observeLive: boolean;
  readonly checks: Section<"checks">;
  readonly waitForWanSeconds: number;
}

export type ParsedConfig =
  | {
      ok: true;
      config: StackConfig;
      warnings: readonly string[];
      /** What no message may quote: for a redactor. */
      hidden: readonly string[];
    }
  | { ok: false; problems: readonly Problem[] };

/**
 * Every problem at once, each with its key path, what is wrong and what would be right.
 * `raw`: by key, without `esddns:`; values as Pulumi hands them over, or already typed.
 * `secretKeys`: the keys whose values are stored encrypted.
 */
export function parseStackConfig(
  raw: unknown,
  context: { stack: string; secretKeys: ReadonlySet<string> },
): ParsedConfig {
  // Of channels it may be that someone forgot to encrypt them.
  const reader = new Reader(raw, new Set([...context.secretKeys, "notify"]));
  const namespace = readNamespace(reader, context.stack);
  const network = readNetwork(reader, namespace, context.secretKeys);
  const detection = reader.section("detection");
  const records = reader.items("records");
  reader.complain([
    ...checkRecords(records, detection),
    ...(detection ? [...checkDetection(detection), ...network.checkRouter(detection.router)] : []),
  ]);
  const image = readImage(reader);
  const token = readToken(reader, context.secretKeys);
  const notify = reader.section("notify") ?? [];
  reader.complain(notify.flatMap((channel, index) => checkChannel(channel, index, context.secretKeys.has("notify"))));
  const rest = {
    keepOnDestroy: reader.section("keepOnDestroy") ?? context.stack === "production",
    dryRun: reader.section("dryRun"),
    gandiTokenExpires: reader.section("gandiTokenExpires"),
    gandiRequestsPerMinute: reader.section("gandiRequestsPerMinute"),
    notify,
    monitoring: reader.section("monitoring"),
    extraCaCertificates: reader.section("extraCaCertificates"),
    operator: reader.section("operator"),
    observeLive: reader.section("observeLive"),
    checks: reader.section("checks"),
    waitForWanSeconds: reader.section("waitForWanSeconds"),
  };
  const known = (Object.keys(keys) as Key[])
    .filter((key) => !context.secretKeys.has(key))
    .map((key) => reader.raw(key));
  const encryptedValues = [...context.secretKeys].map((key) => reader.written(key));
  const hidden = hiddenValues(encryptedValues, [...known, bgpNames(reader.raw("bgp"))]);
  const encrypted = encryptedProblems(context, reader.raw("metallb"));
  const redact = redactor(hidden);
  const problems = reader.problems.map(({ path, wrong, right }) => ({
    path,
    wrong: redact(wrong),
    right: redact(right),
  }));
  if (problems.length + encrypted.length > 0) return { ok: false, problems: [...encrypted, ...problems] };
  const config = {
    ...network.config,
    namespace,
    detection: detection && {
      ...detection,
      allowNonGlobal: detection.allowNonGlobal.map(canonicalNetwork),
      excluded: network.config.pools.flatMap((pool) => pool.addresses),
    },
    records: records.map(({ value }) => value),
    token,
    image,
    ...rest,
  };
  // Nothing is undefined that must not be: every section that did not fit has left a problem.
  return { ok: true, config: config as StackConfig, warnings: network.warnings.map(redact), hidden };
}

function readNamespace(reader: Reader, stack: string): string {
  const given = reader.section("namespace");
  if (given !== undefined) {
    reader.complain(reservedNamespace(given, ["namespace"]));
    return given;
  }
  const byStack = `esddns-${stack}`;
  if (!reader.isSet("namespace") && !isDnsLabel(byStack)) {
    const wrong = `the default, ${quote(byStack)}, is not a name that Kubernetes takes`;
    reader.complain([{ path: ["namespace"], wrong, right: "Set one of lower-case letters, digits and hyphens." }]);
  }
  return byStack;
}

function readImage(reader: Reader): ImageSource | undefined {
  const image = reader.section("image");
  if (image === undefined) {
    if (!reader.isSet("image")) reader.complain([MISSING_IMAGE]);
    return undefined;
  }
  const read = imageSource(image);
  if ("source" in read) return read.source;
  reader.complain(read.problems);
  return undefined;
}

const NOT_A_TOKEN = "is not one word of letters and digits, as a token is";

/** What is wrong with a token, without a word of it: the operator could not send it, or Gandi would not know it. */
export function tokenComplaint(token: string): string | undefined {
  if (!/^[\x21-\x7e]+$/.test(token)) return NOT_A_TOKEN;
  if (/["'`]/.test(token)) return "has quotes in it, which are no part of a token";
  if (token.startsWith("$")) return "is the name of a variable, and not what is in it";
  return undefined;
}

/** No value is quoted here: it may be the token. */
function readToken(reader: Reader, secretKeys: ReadonlySet<string>): TokenSource {
  const token = reader.raw("gandiToken");
  const existing = reader.section("gandiTokenSecret");
  if (existing?.name === names.tokenSecret.name) {
    const wrong = `${quote(existing.name)} is what a stack calls the Secret that it makes itself of gandiToken`;
    const right = "Give yours another name: this one would go as soon as the stack no longer makes it.";
    reader.complain([{ path: ["gandiTokenSecret", "name"], wrong, right }]);
  }
  const path = ["gandiToken"];
  const right = "Store it with: pulumi config set --secret gandiToken";
  if (token === undefined) return existing ? { kind: "secret", ...existing } : { kind: "none" };
  if (existing !== undefined) {
    const one = "Keep one of the two.";
    reader.complain([{ path, wrong: "is set beside gandiTokenSecret", right: one }]);
  }
  if (!secretKeys.has("gandiToken")) {
    const revoke = `Remove it, have Gandi revoke it, and store a new one with: pulumi config set --secret gandiToken`;
    reader.complain([{ path, wrong: "is stored as plain text", right: revoke }]);
  }
  const wrong = typeof token === "string" ? tokenComplaint(token.trim()) : NOT_A_TOKEN;
  if (wrong !== undefined) reader.complain([{ path, wrong, right }]);
  return { kind: "config" };
}
