/** Runs the lab's command: `npm run lab -- VERB …`. Only this file decides on output and exit status. */
import { existsSync, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { constants } from "node:os";
import { join } from "node:path";
import { connectRouter, disconnectRouter } from "./routers/bgp/router.ts";
import { help, parseCommand, type Command } from "./cli.ts";
import { kubeEnvironment } from "./cluster/kubeconfig.ts";
import { clearOthers } from "./cluster/leaving.ts";
import { leftovers, removeAll, stopProcesses } from "./down.ts";
import { LabError, messageOf, UsageError } from "./errors.ts";
import { takeLock } from "./machine/lock.ts";
import { requireMachine } from "./machine/requirements.ts";
import { gandiTokenFile } from "./internet/files.ts";
import { chosenKubernetes, newKubernetes } from "./cluster/kubernetes.ts";
import { metallbOf } from "./cluster/metallb.ts";
import { namespaceMounts } from "./machine/mounts.ts";
import { logDir, projectDir, stateDir } from "./paths.ts";
import { prometheusHost, prometheusUrl, runPrometheus } from "./stack/prometheus.ts";
import { pulumiCommand } from "./stack/pulumi.ts";
import { become, replaceProcess } from "./passthrough.ts";
import { endChildren } from "./machine/run.ts";
import { changeSettings, readSettings } from "./settings.ts";
import { StepFailed, Steps, terminalOutput } from "./machine/steps.ts";
import { deployStack, prepareStack } from "./stack/stack.ts";
import { bgpLines, labStatus } from "./status.ts";
import { labSummary } from "./stack/summary.ts";
import { lan, namespaceOf } from "./topology.ts";
import { troubles } from "./trouble/catalogue.ts";
import { clearTroubles, switchOff, switchOn, troubleNamed, troublesOn } from "./trouble/index.ts";
import { upLab } from "./up.ts";
import { changeWan, readWan } from "./network/wan.ts";

process.on("exit", endChildren);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => process.exit(128 + constants.signals[signal]));
}

try {
  process.exitCode = await perform(parseCommand(process.argv.slice(2)));
} catch (error) {
  // A failed step has printed its report already.
  if (!(error instanceof StepFailed)) process.stderr.write(`${explain(error)}\n`);
  process.exit(error instanceof UsageError ? 2 : 1);
}

/**
 * Runs one command.
 * @returns the exit status.
 */
async function perform(command: Command): Promise<number> {
  if (command.verb !== "help")
    requireMachine({ platform: process.platform, arch: process.arch, uid: process.getuid?.() });
  switch (command.verb) {
    case "help":
      process.stdout.write(help);
      return 0;
    case "up":
      return up(command);
    case "down":
      return down();
    case "status":
      return status();
    case "wan":
      return setWan(command.ipv4, command.prefix);
    case "bgp":
      return bgp(command.on);
    case "trouble":
      return trouble(command.name, command.on);
    case "exec":
      requireHost(command.host);
      return become(command.argv, { host: command.host });
    case "kubectl":
      requireHost(lan.client.name);
      return become([(await chosenKubernetes()).binary("kubectl"), ...command.args], {
        host: lan.client.name,
        env: kubeEnvironment,
      });
    case "pulumi":
      return pulumi(command.args);
    case "deploy":
    case "destroy":
      return manageStack(command.verb, command.args);
    case "doctor":
      requireHost(lan.client.name);
      return become([process.execPath, join(projectDir, "operator/src/doctor/main.ts"), ...command.args], {
        host: lan.client.name,
        env: { ...kubeEnvironment, KUBECTL: (await chosenKubernetes()).binary("kubectl") },
      });
    case "prometheus":
      return prometheus(command.lasting);
    case "logs":
      return logs(command.name, command.follow);
  }
}

async function up({ kubernetes, metallb, nodes }: Extract<Command, { verb: "up" }>): Promise<number> {
  const settings = {
    ...(kubernetes === undefined ? {} : { kubernetes: await newKubernetes(kubernetes) }),
    ...(metallb === undefined ? {} : { metallb: (await metallbOf(metallb)).version }),
    ...(nodes === undefined ? {} : { nodes }),
  };
  await takeLock("up");
  const steps = new Steps(terminalOutput());
  await upLab(steps, settings);
  await deploy(steps);
  await clearOthers();
  process.stdout.write(`${await labSummary()}\nThe lab is up. It took ${steps.took()}.\n`);
  return 0;
}

/** Deploys the stack, and connects the router by BGP if the settings say so. */
async function deploy(steps: Steps): Promise<void> {
  await steps.step("Stack", deployStack);
  const { bgp } = await readSettings();
  if (bgp) await steps.step("BGP", connectRouter);
  else await disconnectRouter();
}

async function down(): Promise<number> {
  await takeLock("down");
  const steps = new Steps(terminalOutput());
  await steps.step("Processes", stopProcesses);
  await steps.step("Mounts, namespaces, files", removeAll);
  const left = leftovers();
  for (const what of left) process.stderr.write(`Still there: ${what}\n`);
  process.stdout.write(`${left.length === 0 ? "Nothing of the lab is left. " : ""}It took ${steps.took()}.\n`);
  return left.length === 0 ? 0 : 1;
}

async function status(): Promise<number> {
  const { lines, healthy } = await labStatus();
  process.stdout.write(`${lines.join("\n")}\n`);
  return healthy ? 0 : 1;
}

async function setWan(ipv4: string, prefix: string | undefined): Promise<number> {
  requireHost(lan.router.name);
  await takeLock("wan");
  const before = await readWan();
  const after = { ipv4, prefix: prefix ?? before.prefix };
  await changeWan(after);
  process.stdout.write(`before: ${before.ipv4}, ${before.prefix}\nnow:    ${after.ipv4}, ${after.prefix}\n`);
  return 0;
}

async function bgp(on: boolean | undefined): Promise<number> {
  requireHost(lan.router.name);
  if (on !== undefined) {
    await takeLock("bgp");
    await changeSettings({ bgp: on });
    await deploy(new Steps(terminalOutput()));
  }
  process.stdout.write(`${(await bgpLines()).join("\n")}\n`);
  return 0;
}

async function trouble(name: string | undefined, on: boolean): Promise<number> {
  if (name === undefined && on) {
    const active = existsSync(stateDir) ? await troublesOn() : [];
    const lines = troubles.map(
      (each) => `${active.includes(each.name) ? "on " : "off"}  ${each.name.padEnd(24)} ${each.about}`,
    );
    process.stdout.write(`${lines.join("\n")}\n`);
    return 0;
  }
  const one = name === undefined ? undefined : troubleNamed(name);
  requireHost(lan.router.name);
  await takeLock("trouble");
  await new Steps(terminalOutput()).step("Trouble", async (step) => {
    if (one === undefined) await clearTroubles(step);
    else await (on ? switchOn(one, step) : switchOff(one, step));
  });
  const active = await troublesOn();
  process.stdout.write(`on: ${active.length === 0 ? "none" : active.join(", ")}\n`);
  return 0;
}

async function pulumi(args: readonly string[]): Promise<number> {
  requireHost(lan.client.name);
  const { argv, env, cwd } = await pulumiCommand(args);
  return become(argv, { host: lan.client.name, env, cwd });
}

/** Runs the project's own commands, with the environment that a user would have. */
async function manageStack(verb: "deploy" | "destroy", args: readonly string[]): Promise<number> {
  requireHost(lan.client.name);
  const stack = args.find((arg) => /^[\w.-]+$/.test(arg) && !arg.startsWith("-"));
  if (verb === "deploy" && stack !== undefined) {
    await new Steps(terminalOutput()).step("Config", (step) => prepareStack(step, stack));
  }
  const { env, cwd } = await pulumiCommand(stack === undefined ? [] : ["--stack", stack]);
  const token = process.env["GANDI_API_KEY"] ?? (await readFile(gandiTokenFile, "utf8")).trim();
  const script = [process.execPath, `infra/cli/${verb}/main.ts`, ...args] as const;
  return become(script, { host: lan.client.name, cwd, env: { ...env, GANDI_API_KEY: token } });
}

async function prometheus(lasting: string | undefined): Promise<number> {
  requireHost(prometheusHost.name);
  process.stdout.write(`${prometheusUrl} on the LAN\n`);
  await runPrometheus(lasting, (line) => process.stderr.write(`${line}\n`));
  return 0;
}

function logs(name: string | undefined, follow: boolean): number {
  const names = existsSync(logDir)
    ? readdirSync(logDir)
        .filter((file) => file.endsWith(".log"))
        .map((file) => file.slice(0, -".log".length))
    : [];
  if (name === undefined) {
    process.stdout.write(names.map((each) => `${each}\n`).join(""));
    return 0;
  }
  if (!names.includes(name)) {
    throw new UsageError(`there is no log "${name}"; there are ${names.join(", ")}`, "npm run lab -- logs");
  }
  const file = join(logDir, `${name}.log`);
  return replaceProcess(follow ? ["tail", "-n", "50", "-F", file] : ["cat", file]);
}

function requireHost(host: string): void {
  if (!namespaceMounts().has(namespaceOf(host))) throw new LabError("The lab is not up.", { hint: "npm run lab" });
}

function explain(error: unknown): string {
  if (!(error instanceof LabError)) return error instanceof Error ? (error.stack ?? error.message) : messageOf(error);
  const more = [
    ...(error.log === undefined ? [] : [`Log: ${error.log}`]),
    ...(error.hint === undefined ? [] : [`Look at: ${error.hint}`]),
  ];
  return [error.message, ...more].join("\n");
}
