/** Runs `npm run deploy -- STACK [RANGE…]`: installs or updates a stack, and checks that it works. */
import { setTimeout as sleep } from "node:timers/promises";
import { tokenProblem } from "../../config/keys/gandiToken.ts";
import { names } from "../../names.ts";
import { shortName } from "../arguments.ts";
import { Cluster, type Connection } from "../../kubernetes/cluster.ts";
import { deployHelp, parseDeploy, type DeployRequest } from "./arguments.ts";
import { needDefinitions } from "./definitions.ts";
import { evaluateLive, readLive, type Check } from "./live.ts";
import { evaluatePrerequisites } from "./prerequisites.ts";
import { pulumi, readConfigValue, readStackConfig, showPulumi } from "../pulumi.ts";
import { committedConfig } from "../committed.ts";
import { committedConnection } from "../connection.ts";
import { deployConfig, type StoredConfig } from "../stackConfig.ts";
import { confirm, heading, list, runCommand, say, Stop } from "../terminal.ts";
import { connectionOf, lookAround, lookAtBackend, needWholeFiles, type Backend } from "../environment.ts";

const EXIT = { failed: 1, wrong: 2, missing: 3, notWell: 4, declined: 5 } as const;

await runCommand("deploy", main);

async function main(): Promise<number> {
  const parsed = parseDeploy(process.argv.slice(2));
  if (parsed.kind === "help") {
    process.stdout.write(deployHelp);
    return 0;
  }
  if (parsed.kind === "wrong") throw new Stop(EXIT.wrong, list(parsed.problems, "Look at: npm run deploy -- --help"));
  const token = process.env["GANDI_API_KEY"]?.trim();
  // No process that this starts needs the token.
  delete process.env["GANDI_API_KEY"];
  if (token === "")
    throw new Stop(EXIT.wrong, "GANDI_API_KEY: is empty. Put the token in, or leave it out to keep the stored one");
  const wrong = token === undefined ? undefined : tokenProblem(token);
  if (wrong !== undefined) throw new Stop(EXIT.wrong, `GANDI_API_KEY: ${wrong}`);
  return deploy(parsed.request, token);
}

async function deploy(request: DeployRequest, token: string | undefined): Promise<number> {
  const { stack } = request;
  heading("What it needs");
  const backend = await lookAtBackend(process.env, stack);
  needWholeFiles(backend.files, EXIT.missing);
  const exists = backend.stacks.some((name) => name === stack || name === shortName(stack));
  const stored = exists ? await readStackConfig(stack) : committedConfig(stack);
  const config = deployConfig(stored, request, token !== undefined);
  if (!config.ok) throw new Stop(EXIT.wrong, list(config.problems, "Nothing has been changed."));
  const before = new Cluster(exists ? await connectionOf(stack) : connectionOfNew(stack, stored, backend));
  const { hasToken } = config;
  const found = await lookAround(before, { stack, exists, config: config.config, backend, hasToken });
  const findings = evaluatePrerequisites(found, config.config, request.takeOver);
  for (const { level, text } of findings) if (level !== "problem") say(`${level === "well" ? "✓" : "!"} ${text}`);
  const problems = findings.filter(({ level }) => level === "problem").map(({ text }) => text);
  if (problems.length > 0) throw new Stop(EXIT.missing, list(problems, "Nothing has been changed."));

  heading("Config");
  await writeConfig(stack, exists, config.changes, token);
  // By now Pulumi knows the stack, so its config names the cluster that preview and up use.
  const cluster = exists ? before : new Cluster(await connectionOf(stack));
  if (config.config.shared === "adopt") await needDefinitions(cluster);

  // Take fields from other field managers only if the user asked for it.
  const env = request.takeOver ? { PULUMI_K8S_ENABLE_PATCH_FORCE: "true", ESDDNS_TAKE_OVER: "true" } : {};
  heading("Preview");
  if ((await showPulumi(["preview", "--stack", stack], { env })) !== 0) return EXIT.failed;
  if (process.stdin.isTTY && process.stdout.isTTY && !request.yes && !(await confirm("Apply this?"))) {
    say("Nothing has been applied.");
    return EXIT.declined;
  }
  heading("Up");
  const apply = ["up", "--yes", "--skip-preview", "--stack", stack];
  let up = await showPulumi(apply, { env });
  // The state records that fields were taken by force. Store it again without force, so that a conflict is an error
  // from now on.
  if (up === 0 && request.takeOver) up = await showPulumi([...apply, "--suppress-outputs"]);

  heading("Status");
  const checks = await settled(cluster, config.config.namespace, up === 0 ? request.waitSeconds : 0);
  for (const { well, text } of checks) say(`${well ? "✓" : "✗"} ${text}`);
  const well = checks.every((check) => check.well);
  if (up !== 0) say("The up failed: see above. The same command goes on where it ended.");
  else if (!well) say(`Not all is well. Look closer: npm run doctor -- ${config.config.namespace}`);
  return up === 0 ? (well ? 0 : EXIT.notWell) : EXIT.failed;
}

function connectionOfNew(stack: string, stored: StoredConfig, { loggedIn }: Backend): Connection {
  const found = committedConnection(stored);
  if (found.ok) return found.connection;
  // Without a login the command ends anyway, with a list of all that is missing.
  if (!loggedIn) return {};
  const wrong = `${found.encrypted.join(", ")}: cannot be decrypted while the backend does not know the stack`;
  const problem = `${wrong}. Make it first: pulumi stack init ${stack}`;
  throw new Stop(EXIT.missing, list([problem], "Nothing has been changed."));
}

async function writeConfig(
  stack: string,
  exists: boolean,
  changes: Readonly<Record<string, unknown>>,
  token: string | undefined,
): Promise<void> {
  if (!exists) await must(["stack", "init", stack], `made the stack ${stack}`);
  if (Object.keys(changes).length > 0) {
    const all = Object.entries(changes).map(([key, value]) => [
      `esddns:${key}`,
      typeof value === "string" ? { value } : { value: JSON.stringify(value), objectValue: value },
    ]);
    const json = JSON.stringify(Object.fromEntries(all));
    await must(["config", "set-all", "--stack", stack, "--json", json], `set ${Object.keys(changes).join(", ")}`);
  }
  if (token !== undefined && (await readConfigValue(stack, "gandiToken")) !== token) {
    await must(["config", "set", "--secret", "gandiToken", "--stack", stack], "stored Gandi's token, encrypted", token);
  } else if (exists && Object.keys(changes).length === 0) say("✓ as it was");
}

async function must(args: readonly string[], done: string, input?: string): Promise<void> {
  const { status, stderr } = await pulumi(args, input === undefined ? {} : { input });
  if (status !== 0) throw new Error(`pulumi ${args.slice(0, 2).join(" ")}: ${stderr.trim()}`);
  say(`✓ ${done}`);
}

/** Checks again until all is well, or until the time is over. */
async function settled(cluster: Cluster, namespace: string, waitSeconds: number): Promise<readonly Check[]> {
  const deadline = performance.now() + waitSeconds * 1000;
  for (;;) {
    const checks = await look(cluster, namespace);
    if (checks.every(({ well }) => well) || performance.now() >= deadline) return checks;
    await sleep(2_000);
  }
}

async function look(cluster: Cluster, namespace: string): Promise<readonly Check[]> {
  try {
    return evaluateLive(await readLive(cluster, namespace, names.page.service));
  } catch (error) {
    return [
      { well: false, text: `The cluster does not answer: ${error instanceof Error ? error.message : String(error)}` },
    ];
  }
}
