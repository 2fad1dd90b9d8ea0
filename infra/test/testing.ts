/** Runs the whole program against Pulumi's mocks and keeps what it registered. One run at a time: mocks are process-wide. */
import type { PolicyRule } from "@esddns/common/api";
import * as pulumi from "@pulumi/pulumi";
import type { MockResourceArgs } from "@pulumi/pulumi/runtime/mocks.js";
import { vi } from "vitest";
import { NEVER_OWNED, type FormerlyOwned } from "../metallb/formerOwner.ts";
import type { ReadFacts } from "../checks/facts.ts";
import type { StackOutputs } from "../stackOutputs.ts";

interface KubernetesInputs {
  readonly metadata?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: unknown;
  readonly rules?: readonly PolicyRule[];
  readonly [key: string]: unknown;
}

interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: KubernetesInputs;
  /** Set where the resource is a read. */
  readonly readId: string | undefined;
}

export interface ProgramRun {
  readonly resources: readonly Registered[];
  /** Names of the resources that are looked for in the cluster before they are made. */
  readonly guarded: ReadonlySet<string>;
  /** By resource, its hooks that are called when it fails. */
  readonly errorHooks: Readonly<Record<string, readonly string[]>>;
  /** By resource, the outputs that it keeps as secrets besides those that are secret inputs. */
  readonly keptSecret: Readonly<Record<string, readonly string[]>>;
  readonly outputs: { readonly [K in keyof StackOutputs]: StackOutputs[K] | undefined };
  /** The names of the outputs that are secrets. */
  readonly secretOutputs: readonly string[];
  /** The one resource of a type, owned unless `read`; by name where there are several. */
  one(type: string, name?: string, read?: boolean): Registered;
}

/** A resource of `type` is not there before one of each type in `until` is. */
interface Hold {
  readonly type: string;
  readonly until: readonly string[];
}

export const IMAGE = `registry.example.com/esddns@sha256:${"a".repeat(64)}`;
export const TOKEN = "gandi-token-of-the-tests";

export const CONFIG: Readonly<Record<string, unknown>> = {
  pools: [
    { name: "esddns-pool", addresses: ["192.168.1.100-192.168.1.110"] },
    { name: "second", addresses: ["10.0.0.100/28"], avoidBuggyIPs: true, namespaces: ["games"] },
  ],
  service: { address: "192.168.1.100" },
  records: [
    { zone: "example.com", name: "home", types: ["A", "AAAA"], ipv6Suffix: "::10" },
    { zone: "example.com", name: "@" },
  ],
  image: { reference: IMAGE },
  gandiToken: TOKEN,
};

/** What a cluster would say of an object, by kind. */
const STATUS: Readonly<Record<string, unknown>> = {
  WanAddress: { ipv4: "198.51.100.20", conditions: [{ type: "Ready", status: "True" }] },
  DnsRecord: {
    published: [
      { type: "A", ttl: 300, values: ["198.51.100.20"] },
      { type: "AAAA", ttl: 300, values: ["2001:db8::10"] },
    ],
    conditions: [{ type: "Synced", status: "True" }],
  },
  IPAddressPool: { assignedIPv4: 1, assignedIPv6: 0, availableIPv4: 10, availableIPv6: 0 },
  Service: { loadBalancer: { ingress: [{ ip: "fd00::100" }, { ip: "192.168.1.100" }] } },
};

/** A cluster that nothing is to be said of, with a MetalLB that can be adopted. */
export const QUIET = {
  reached: true,
  facts: {
    nodes: [],
    serviceCidrs: [],
    pools: [],
    metallb: { version: undefined, native: true, ignoresExcludeLabel: false },
    definitions: undefined,
    unread: [],
  },
} as const satisfies ReadFacts;

interface RunOptions {
  readonly preview?: boolean;
  readonly hold?: Hold;
  /** Keys of the config that are stored encrypted, besides the token. */
  readonly secrets?: readonly string[];
  readonly cluster?: ReadFacts;
  /** Of Pulumi Cloud; left out: a self-managed backend. */
  readonly organization?: string;
  /** What the stack's last up has stored; none: there was no up yet. */
  readonly stored?: Readonly<Record<string, unknown>>;
  /** Stored outputs that are secrets. */
  readonly storedSecrets?: readonly (keyof StackOutputs)[];
  /** What an adopter has owned; an Error: nobody can look. */
  readonly former?: FormerlyOwned | Error;
}

export async function runProgram(
  config: Readonly<Record<string, unknown>>,
  options: RunOptions = {},
): Promise<ProgramRun> {
  const { preview = false, secrets = [], cluster = QUIET, organization = "organization" } = options;
  const { former = NEVER_OWNED } = options;
  const resources: Registered[] = [];
  await pulumi.runtime.setMocks(mocks(resources, options), "esddns", "production", preview, organization);
  const recorded = await recordOptions();
  const values = Object.entries(config).map(([key, value]) => [
    `esddns:${key}`,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  pulumi.runtime.setAllConfig(Object.fromEntries(values) as Record<string, string>, [
    "esddns:gandiToken",
    ...secrets.map((key) => `esddns:${key}`),
  ]);
  vi.resetModules();
  vi.doMock("../checks/readFacts.ts", async (original) => ({
    ...(await original<object>()),
    readFacts: () => Promise.resolve(cluster),
  }));
  vi.doMock("../metallb/formerOwner.ts", async (original) => ({
    ...(await original<object>()),
    formerlyOwned: () => (former instanceof Error ? Promise.reject(former) : Promise.resolve(former)),
  }));
  const exported = Object.entries(await import("../index.ts"));
  const exports = exported.map(([key, value]) => [key, pulumi.output(value as pulumi.Input<unknown>)] as const);
  const outputs = await Promise.all(exports.map(async ([key, value]) => [key, await valueOf(value)]));
  const secret = await Promise.all(exports.map(async ([key, value]) => ((await pulumi.isSecret(value)) ? [key] : [])));
  // Resources that no output waits for are still on their way.
  await pulumi.runtime.disconnect();
  return {
    resources,
    ...recorded,
    outputs: Object.fromEntries(outputs) as ProgramRun["outputs"],
    secretOutputs: secret.flat(),
    one: (type, name, read = false) => only(resources, type, name, read),
  };
}

/** A value as it is registered, without the marks of secrets. */
export function plain(value: unknown): unknown {
  if (pulumi.runtime.isRpcSecret(value)) return plain(pulumi.runtime.unwrapRpcSecret(value));
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
}

function mocks(
  resources: Registered[],
  { preview = false, hold, stored = {}, storedSecrets = [] }: RunOptions,
): pulumi.runtime.Mocks {
  const { promise: released, resolve: release } = Promise.withResolvers<undefined>();
  return {
    newResource: async ({ type, name, inputs, id }: MockResourceArgs) => {
      const own = inputs as KubernetesInputs;
      resources.push({ type, name, inputs: own, readId: id === "" ? undefined : id });
      if (hold?.until.every((awaited) => resources.some((resource) => resource.type === awaited))) release(undefined);
      if (type === hold?.type) await released;
      if (type === "pulumi:pulumi:StackReference") return { id, state: reference(own, stored, storedSecrets) };
      const kind = type.split(":").at(-1) ?? "";
      const { namespace, name: objectName = name } = own.metadata ?? {};
      // In a preview an object that is to be made has neither id nor status.
      if (preview && type.startsWith("kubernetes:")) return { id: undefined, state: own };
      const state = { ...own, ...(kind in STATUS ? { status: STATUS[kind] } : {}), ...STATE[kind] };
      return { id: namespace === undefined ? objectName : `${namespace}/${objectName}`, state };
    },
    call: () => ({}),
  };
}

/** The read of a stack as the engine gives it: secrets within a secret, as the program asks for the whole as one. */
function reference(own: KubernetesInputs, stored: object, secrets: readonly string[]): object {
  const marked = (value: unknown) => ({ [SIGNATURE]: SECRET, value });
  const outputs = Object.entries(stored).map(([name, value]: [string, unknown]): [string, unknown] => [
    name,
    secrets.includes(name) ? marked(value) : value,
  ]);
  return { ...own, outputs: marked(Object.fromEntries(outputs)), secretOutputNames: secrets };
}

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

/** What other resources add to their inputs. */
const STATE: Readonly<Record<string, object>> = {
  Release: { status: { version: "0.15.3", status: "deployed" } },
  Command: { stdout: `${IMAGE}\n` },
};

interface RegisterRequest {
  getName(): string;
  getHooks(): { getBeforeCreateList(): string[]; getOnErrorList(): string[] } | undefined;
  getAdditionalsecretoutputsList(): string[];
}

interface RecordedOptions {
  readonly guarded: Set<string>;
  readonly errorHooks: Record<string, readonly string[]>;
  readonly keptSecret: Record<string, readonly string[]>;
}

/** The mocked engine lacks the calls by which the program registers its hooks, and keeps no word of a resource's options. */
function recordOptions(): Promise<RecordedOptions> {
  const recorded: RecordedOptions = { guarded: new Set(), errorHooks: {}, keptSecret: {} };
  type Call = (request: RegisterRequest, callback: (error: null, response?: unknown) => void) => unknown;
  const monitor = (pulumi.runtime as unknown as { getMonitor(): Record<string, Call> }).getMonitor();
  for (const call of ["registerErrorHook", "registerResourceHook"])
    monitor[call] = (_request, callback) => {
      callback(null);
    };
  const register = monitor["registerResource"]?.bind(monitor);
  monitor["registerResource"] = (request, callback) => {
    const name = request.getName();
    if ((request.getHooks()?.getBeforeCreateList() ?? []).length > 0) recorded.guarded.add(name);
    const onError = request.getHooks()?.getOnErrorList() ?? [];
    if (onError.length > 0) recorded.errorHooks[name] = onError;
    const kept = request.getAdditionalsecretoutputsList();
    if (kept.length > 0) recorded.keptSecret[name] = kept;
    return register?.(request, callback);
  };
  return Promise.resolve(recorded);
}

function only(resources: readonly Registered[], type: string, name: string | undefined, read: boolean): Registered {
  const found = resources.filter(
    (each) => each.type === type && (name === undefined || each.name === name) && (each.readId !== undefined) === read,
  );
  const [first] = found;
  if (first === undefined || found.length > 1)
    throw new Error(`${found.length} resources of type ${type} (${name ?? "any name"})`);
  return first;
}

function valueOf<T>(output: pulumi.Output<T>): Promise<T> {
  // `promise` is left out of the SDK's types; unlike apply, it also resolves where the value is unknown.
  return (output as unknown as { promise(): Promise<T> }).promise();
}
