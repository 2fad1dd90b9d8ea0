/** Deploys the stack `development` on the lab, as `pulumi up` does anywhere, and says what came of it. */
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

/** Of all that the CLI prints without a terminal, the lines that tell how far it is; the rest is in the log. */
const TELLING = / (created|updated|deleted|replaced|\*\*\w+ failed\*\*) |\berror: |^Duration:/;

/** Longer than the longest wait within an `up`: Helm's five minutes and those of the custom resources. */
const UP_TIMEOUT_MS = 15 * 60_000;

/** Idempotent: brings state, config and stack to where they should be, from nothing or from an interrupted run. */
export async function deployStack(step: Step): Promise<void> {
  await prepareStack(step, labStack);
  await storeSecrets(step);
  if (await isLocked()) {
    // Nobody else uses this backend, and the caller holds the lab's own lock: this one is of a run that was killed.
    await pulumi(step, ["cancel", "--yes", "--stack", labStack]);
    // What it had begun to create is taken over by the next up; the notes about it would be warned of for ever.
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

/** The stack is there, with a config that fits the lab; a stack beside the lab's own brings its own pools. */
export async function prepareStack(step: Pick<Step, "run" | "progress">, stack: string): Promise<void> {
  await mkdir(backendDir, { recursive: true });
  if (!existsSync(passphraseFile)) {
    await writeFile(passphraseFile, randomBytes(24).toString("base64url"), { mode: 0o600 });
  }
  await writeStackConfig(stack);
  await mendBackend(step);
  if (!existsSync(join(backendDir, ".pulumi", "stacks", "esddns", `${stack}.json`))) await initStack(step, stack);
}

/** A killed `up` may leave files that no command of Pulumi can read. deployStack() deals with the locks. */
async function mendBackend(step: Pick<Step, "progress">): Promise<void> {
  const findings = await mendBackendFiles({ url: `file://${backendDir}`, cwd: projectDir, project: "esddns" });
  for (const { level, text } of findings) {
    if (level === "warning") step.progress(text);
    else throw new LabError(text);
  }
}

/**
 * `stack init` writes the salt of the stack's secrets into the config file beside Pulumi.yaml, whatever file is named to
 * the other commands: so it runs beside the lab's config file, and the checkout stays as it is.
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

/** The committed config with what only the lab knows laid over it; the secret and its salt stay as they are. */
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
  // How to install it is for the stack that does.
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
      // The AAAA record points at the LAN client: any host behind the prefix will do.
      { zone: "example.com", name: "home", types: ["A", "AAAA"], ttl: 300, ipv6Suffix: "::50" },
    ],
    // Found by annotations: nothing here acts on monitors. The rules are what `npm run lab -- prometheus` evaluates.
    "esddns:monitoring": { rules: true, dashboard: true },
    "esddns:push": { enabled: true },
    ...(bgp ? bgpStackConfig(pool) : {}),
  };
}

/** Nothing that the lab's own stack has: neither its record nor its pool can be of two. */
function besideConfig(stack: string): Record<string, unknown> {
  return {
    "esddns:pools": [{ name: `${stack}-pool`, addresses: ["192.168.1.120-192.168.1.129"] }],
    "esddns:records": [{ zone: "example.com", name: stack, types: ["A"], ttl: 300 }],
  };
}

const TOKEN_KEY = "esddns:gandiToken";
const EXPIRES_KEY = "esddns:gandiTokenExpires";
const NOTIFY_KEY = "esddns:notify";

/** As Gandi's own tokens end within a year; written down once, so that the next run changes nothing. */
function inDays(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
}

const stackFile = z.looseObject({ config: z.record(z.string(), z.unknown()).default({}) });

async function labConfig(): Promise<Record<string, unknown>> {
  const metallb = await chosenMetallb();
  return {
    "esddns:metallb": { version: metallb.version, chart: await chartArchive(metallb) },
    "esddns:detection": {
      // The lab's internet is made of documentation addresses, which are not globally reachable.
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

/** Stores the stand-in's token and the webhook's key as encrypted secrets, through stdin; only what is not there yet. */
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
  // The attributes of a lock outlive `pulumi cancel` if its writer was killed before the lock itself was there.
  return entries.some((entry) => entry.isFile() && !entry.name.endsWith(".attrs"));
}
