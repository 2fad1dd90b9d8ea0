/**
 * Parses the pod's environment. It is read once at the start, by a pure function that reports every problem at once.
 */
import { GANDI_REQUESTS_PER_MINUTE } from "@esddns/common/api";

interface CommonConfig {
  readonly namespace: string;
  readonly podName: string;
  readonly logLevel: LogLevel;
  readonly httpPort: number;
  /** Serves only the health checks, for the kubelet. */
  readonly healthPort: number;
  /** More names under which the page is served. */
  readonly hosts: readonly string[];
  readonly kube: { readonly host: string; readonly port: number; readonly serviceAccountDir: string };
  /** The day on which Gandi's token expires, YYYY-MM-DD. Undefined: not configured. */
  readonly gandiTokenExpires: string | undefined;
}

export interface OperatorConfig extends CommonConfig {
  readonly command: "operator";
  readonly nodeName: string;
  readonly gandiUrl: string;
  readonly gandiTokenFile: string;
  readonly gandiRequestsPerMinute: number;
  /** The channels for notifications. Undefined: none. */
  readonly notifyFile: string | undefined;
  /** The bearer token of POST /probe. Undefined: that path does not exist. */
  readonly pushTokenFile: string | undefined;
  /** Serves only POST /probe. */
  readonly pushPort: number;
}

export interface StatusConfig extends CommonConfig {
  readonly command: "status";
  readonly metallbNamespace: string | undefined;
  /** Names of the address pools that the page shows. */
  readonly pools: readonly string[];
}

/** Runs the checks once, from a pod of the page. */
export interface DoctorConfig extends CommonConfig {
  readonly command: "doctor";
  /** The pod's environment, for the checks to compare with the cluster. */
  readonly environment: ReadonlyMap<string, string>;
}

/** The commands that run until they are stopped. */
export type ServingConfig = OperatorConfig | StatusConfig;
type Config = ServingConfig | DoctorConfig;
export type ParsedConfig = { ok: true; config: Config } | { ok: false; problems: string[] };

const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
type LogLevel = (typeof LOG_LEVELS)[number];

const SERVICE_ACCOUNT_DIR = "/var/run/secrets/kubernetes.io/serviceaccount";
const TOKEN_FILE = "/var/run/secrets/esddns/token";
const GANDI_URL = "https://api.gandi.net/v5/livedns";
const { least, most, usual } = GANDI_REQUESTS_PER_MINUTE;
const REQUESTS = { least, most, fallback: usual };

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Returns the configuration of `esddns operator`, `esddns status` or `esddns doctor`, or all problems with it, one
 * sentence each.
 */
export function parseConfig(args: readonly string[], env: Environment): ParsedConfig {
  const problems: string[] = [];
  const read = reader(env, problems);
  const [command] = args;
  const common: CommonConfig = {
    namespace: read.required("POD_NAMESPACE"),
    podName: read.required("POD_NAME"),
    logLevel: read.oneOf("ESDDNS_LOG_LEVEL", LOG_LEVELS, "info"),
    httpPort: read.port("ESDDNS_HTTP_PORT", 8080),
    healthPort: read.port("ESDDNS_HEALTH_PORT", 8082),
    hosts: read.maybe("ESDDNS_HOSTS")?.split(",") ?? [],
    kube: {
      host: read.required("KUBERNETES_SERVICE_HOST"),
      port: read.port("KUBERNETES_SERVICE_PORT", 443),
      serviceAccountDir: read.optional("ESDDNS_SERVICE_ACCOUNT_DIR", SERVICE_ACCOUNT_DIR),
    },
    gandiTokenExpires: read.date("ESDDNS_GANDI_TOKEN_EXPIRES"),
  };
  const config = command === "doctor" ? doctorConfig(common, env) : commandConfig(command, common, read);
  if (config === undefined || args.length !== 1) {
    problems.unshift(`say what to run, "operator", "status" or "doctor", and nothing else; got "${args.join(" ")}"`);
  }
  return config === undefined || problems.length > 0 ? { ok: false, problems } : { ok: true, config };
}

function doctorConfig(common: CommonConfig, env: Environment): DoctorConfig {
  const set = Object.entries(env).flatMap(([name, value]) =>
    name.startsWith("ESDDNS_") && value !== undefined && value !== "" ? [[name, value] as const] : [],
  );
  return { command: "doctor", ...common, environment: new Map(set) };
}

function commandConfig(
  command: string | undefined,
  common: CommonConfig,
  read: ReturnType<typeof reader>,
): Config | undefined {
  if (command === "status") {
    const pools = read.maybe("ESDDNS_POOLS")?.split(",") ?? [];
    return { command, ...common, metallbNamespace: read.maybe("ESDDNS_METALLB_NAMESPACE"), pools };
  }
  if (command !== "operator") return undefined;
  return {
    command,
    ...common,
    nodeName: read.required("NODE_NAME"),
    gandiUrl: read.httpUrl("ESDDNS_GANDI_URL", GANDI_URL),
    gandiTokenFile: read.optional("ESDDNS_GANDI_TOKEN_FILE", TOKEN_FILE),
    gandiRequestsPerMinute: read.number("ESDDNS_GANDI_REQUESTS_PER_MINUTE", "a number", REQUESTS),
    notifyFile: read.maybe("ESDDNS_NOTIFY_FILE"),
    pushTokenFile: read.maybe("ESDDNS_PUSH_TOKEN_FILE"),
    pushPort: read.port("ESDDNS_PUSH_PORT", 8081),
  };
}

function reader(env: Environment, problems: string[]) {
  // An empty variable was left empty by a template. It counts as not set.
  const get = (name: string): string | undefined => (env[name] === "" ? undefined : env[name]);
  /** Reads a whole number. `what` describes it in the message. */
  const number = (name: string, what: string, range: { least: number; most: number; fallback: number }): number => {
    const value = get(name);
    if (value === undefined) return range.fallback;
    const given = Number(value);
    if (!/^\d+$/.test(value) || given < range.least || given > range.most) {
      problems.push(`${name} is "${value}", not ${what} from ${range.least} to ${range.most}`);
    }
    return given;
  };
  return {
    required: (name: string): string => {
      const value = get(name);
      if (value === undefined) problems.push(`${name} is not set`);
      return value ?? "";
    },
    optional: (name: string, fallback: string): string => get(name) ?? fallback,
    maybe: (name: string): string | undefined => get(name),
    date: (name: string): string | undefined => {
      const value = get(name);
      if (value !== undefined && (!/^\d{4}-\d\d-\d\d$/.test(value) || Number.isNaN(Date.parse(value)))) {
        problems.push(`${name} is "${value}", not a date like 2027-05-01`);
      }
      return value;
    },
    port: (name: string, fallback: number): number => number(name, "a port", { least: 1, most: 65535, fallback }),
    number,
    oneOf: <const T extends string>(name: string, allowed: readonly T[], fallback: T): T => {
      const value = get(name) ?? fallback;
      const found = allowed.find((candidate) => candidate === value.toLowerCase());
      if (found === undefined) problems.push(`${name} is "${value}", not one of ${allowed.join(", ")}`);
      return found ?? fallback;
    },
    httpUrl: (name: string, fallback: string): string => {
      const value = get(name) ?? fallback;
      const protocol = URL.canParse(value) ? new URL(value).protocol : "";
      if (protocol !== "https:" && protocol !== "http:") problems.push(`${name} is "${value}", not an https:// URL`);
      return value;
    },
  };
}
