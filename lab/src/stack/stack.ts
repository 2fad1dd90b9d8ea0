/** Deploys the stack `development` on the lab, as `pulumi up` does anywhere, and reports the result. */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { mendBackendFiles } from "@esddns/infra/backend-files";
import { bgpStackConfig } from "../routers/bgp/config.ts";
import { containerdSocket } from "../cluster/node.ts";
import { LabError } from "../errors.ts";
import { caCertificate, gandiTokenFile } from "../internet/files.ts";
import { chartArchive, chosenMetallb } from "../cluster/metallb.ts";
import { missingSecret, notifyConfig } from "../internet/notifications/index.ts";
import { projectDir, stateDir } from "../paths.ts";
import { backendDir, labStack, passphraseFile, pulumiCommand, stackConfigFile } from "./pulumi.ts";
import { onHost } from "../machine/run.ts";
import { clusterNodes, readSettings } from "../settings.ts";
import type { Step } from "../machine/steps.ts";
import { internet, lan, wan } from "../topology.ts";

/** The lines of the CLI's output without a terminal that show progress. The log has the rest. */
const TELLING = / (created|updated|deleted|replaced|\*\*\w+ failed\*\*) |\berror: |^Duration:/;

/** Longer than the longest wait within an `up`: Helm's five minutes and those of the custom resources. */
const UP_TIMEOUT_MS = 15 * 60_000;

/** Brings state, config and stack to where they should be, from nothing or from an interrupted run. Idempotent. */
export async function deployStack(step: Step): Promise<void> {
  await prepareStack(step, labStack);
  await storeSecrets(step);
  if (await isLocked()) {
    // Only the lab uses this backend, and the caller holds the lab's own lock, so this lock belongs to a killed run.
    await pulumi(step, ["cancel", "--yes", "--stack", labStack]);
    // The next up takes over what the killed run had begun to create. Its notes about that would cause warnings for
    // ever.
    await pulumi(step, ["refresh", "--yes", "--skip-preview", "--clear-pending-creates", "--stack", labStack]);
  }
  await pulumi(step, [
    "up",
    "--yes",
    "--skip-preview",
    "--suppress-progress",
    "--suppress-outputs",
    "--stack",
    labStack,
  ]);
}

/** Creates the stack with a config that fits the lab. A stack beside the lab's own has its own pools. */
export async function prepareStack(step: Pick<Step, "run" | "progress">, stack: string): Promise<void> {
  await mkdir(backendDir, { recursive: true });
  if (!existsSync(passphraseFile)) {
    await writeFile(passphraseFile, randomBytes(24).toString("base64url"), { mode: 0o600 });
  }
  await mendBackend(step);
  await writeStackConfig(stack);
  if (!existsSync(join(backendDir, ".pulumi", "stacks", "esddns", `${stack}.json`))) await initStack(step, stack);
}

/** Repairs files that a killed `up` left and that no command of Pulumi can read. deployStack() handles the locks. */
async function mendBackend(step: Pick<Step, "progress">): Promise<void> {
  const findings = await mendBackendFiles({ url: `file://${backendDir}`, cwd: projectDir, project: "esddns" });
  for (const { level, text } of findings) {
    if (level === "warning") step.progress(text);
    else throw new LabError(text);
  }
}

/**
 * Runs `stack init` beside the lab's config file, so that the checkout stays as it is. The command writes the salt of
 * the stack's secrets into the config file beside Pulumi.yaml, whatever file the other commands use.
 */
async function initStack(step: Pick<Step, "run" | "progress">, stack: string): Promise<void> {
  await writeFile(join(stateDir, "Pulumi.yaml"), "name: esddns\nruntime: nodejs\n");
  await pulumi(step, ["stack", "init", stack], { cwd: stateDir });
}

async function pulumi(
  step: Pick<Step, "run" | "progress">,
  args: readonly string[],
  { input, cwd }: { input?: string; cwd?: string } = {},
): Promise<void> {
  const { argv, env, cwd: projectCwd } = await pulumiCommand([...args, "--non-interactive", "--color", "never"]);
  await step.run(onHost(lan.client.name, argv), {
    env,
    cwd: cwd ?? projectCwd,
    timeoutMs: UP_TIMEOUT_MS,
    onLine: (line) => {
      if (TELLING.test(line)) step.progress(line.trim());
    },
    ...(input === undefined ? {} : { input }),
  });
}

/** Writes the committed config, overlaid with what only the lab knows. The secret and its salt stay as they are. */
async function writeStackConfig(stack: string): Promise<void> {
  const committedFile = join(projectDir, `Pulumi.${stack}.yaml`);
  const committed = existsSync(committedFile)
    ? stackFile.parse(parse(await readFile(committedFile, "utf8")))
    : { config: {} };
  const file = stackConfigFile(stack);
  const kept = existsSync(file) ? stackFile.parse(parse(await readFile(file, "utf8"))) : { config: {} };
  const token = kept.config[TOKEN_KEY];
  const config: Record<string, unknown> =
    stack === labStack
      ? {
          ...committed.config,
          ...(await labConfig()),
          ...(await ownConfig()),
          [NOTIFY_KEY]: notifyConfig(kept.config[NOTIFY_KEY]),
          [EXPIRES_KEY]: kept.config[EXPIRES_KEY] ?? inDays(300),
          ...(token === undefined ? {} : { [TOKEN_KEY]: token }),
        }
      : { ...committed.config, ...besideConfig(stack), ...kept.config, ...(await labConfig()) };
  // Only the stack that installs MetalLB says how to install it.
  if (config["esddns:shared"] === "adopt") delete config["esddns:metallb"];
  await writeFile(file, stringify({ ...committed, ...kept, config }), { mode: 0o600 });
}

const pool = {
  name: "esddns-pool",
  addresses: ["192.168.1.100-192.168.1.110", "fd00:192:168:1::100-fd00:192:168:1::110"],
};

async function ownConfig(): Promise<Record<string, unknown>> {
  const { bgp } = await readSettings();
  return {
    "esddns:pools": [pool],
    "esddns:records": [
      // The AAAA record points to the LAN client: any host behind the prefix would do.
      { zone: "example.com", name: "home", types: ["A", "AAAA"], ttl: 300, ipv6Suffix: "::50" },
    ],
    // Prometheus finds the pods by annotations, because no controller here reads monitors. `npm run lab -- prometheus`
    // evaluates the rules.
    "esddns:monitoring": { rules: true, dashboard: true },
    "esddns:push": { enabled: true },
    ...(bgp ? bgpStackConfig(pool) : {}),
  };
}

/** Returns a config that shares nothing with the lab's own stack: two stacks cannot have the same record or pool. */
function besideConfig(stack: string): Record<string, unknown> {
  return {
    "esddns:pools": [{ name: `${stack}-pool`, addresses: ["192.168.1.120-192.168.1.129"] }],
    "esddns:records": [{ zone: "example.com", name: stack, types: ["A"], ttl: 300 }],
  };
}

const TOKEN_KEY = "esddns:gandiToken";
const EXPIRES_KEY = "esddns:gandiTokenExpires";
const NOTIFY_KEY = "esddns:notify";

/**
 * Returns a date that many days from now: Gandi's own tokens end within a year. It is stored once, so that the next run
 * changes nothing.
 */
function inDays(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
}

const stackFile = z.looseObject({ config: z.record(z.string(), z.unknown()).default({}) });

async function labConfig(): Promise<Record<string, unknown>> {
  const metallb = await chosenMetallb();
  return {
    "esddns:metallb": { version: metallb.version, chart: await chartArchive(metallb) },
    "esddns:detection": {
      // The lab's internet uses documentation addresses, which are not globally reachable.
      allowNonGlobal: [wan.ipv4, internet.ipv4, "2001:db8::/32"],
      router: lan.router.ipv4,
    },
    "esddns:extraCaCertificates": await readFile(caCertificate, "utf8"),
    "esddns:image": {
      builder: "buildah",
      containerd: (await clusterNodes()).map(({ name }) => containerdSocket(name)),
    },
  };
}

/** Stores the stand-in's token and the webhook's key as encrypted secrets, through stdin. Stores only missing ones. */
async function storeSecrets(step: Step): Promise<void> {
  const stored = stackFile.parse(parse(await readFile(stackConfigFile(labStack), "utf8")));
  const set = (path: readonly string[], input: string) =>
    pulumi(step, ["config", "set", "--secret", ...path, "--stack", labStack], { input });
  if (stored.config[TOKEN_KEY] === undefined) {
    await set(["gandiToken"], (await readFile(gandiTokenFile, "utf8")).trim());
  }
  const secret = await missingSecret(stored.config[NOTIFY_KEY]);
  if (secret !== undefined) await set(["--path", "notify[0].secret"], secret);
}

async function isLocked(): Promise<boolean> {
  const locks = join(backendDir, ".pulumi", "locks");
  if (!existsSync(locks)) return false;
  const entries = await readdir(locks, { recursive: true, withFileTypes: true });
  // The attributes of a lock outlive `pulumi cancel` if its writer was killed before it wrote the lock itself.
  return entries.some((entry) => entry.isFile() && !entry.name.endsWith(".attrs"));
}
