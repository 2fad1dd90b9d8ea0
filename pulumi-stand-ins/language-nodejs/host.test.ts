/** The real process of the language host, asked over gRPC as the CLI asks (fixtures/language-nodejs). */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import emptyPb from "google-protobuf/google/protobuf/empty_pb.js";
import structPb from "google-protobuf/google/protobuf/struct_pb.js";
import services from "@pulumi/pulumi/proto/language_grpc_pb.js";
import pb from "@pulumi/pulumi/proto/language_pb.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { objectAt, stringAt } from "../shared/values.ts";
import type { JsonObject } from "../shared/values.ts";
import { recordedCalls } from "../testing/recording.ts";

const project = mkdtempSync(join(tmpdir(), "language-host-"));
const seen = join(project, "seen.json");
const program = join(import.meta.dirname, "stand-in", "pulumi-language-nodejs");
const host = spawn(program, ["127.0.0.1:4711"], {
  stdio: ["ignore", "pipe", "inherit"],
});
let client: services.LanguageRuntimeClient;

beforeAll(async () => {
  const sdk = join(project, "node_modules", "@pulumi", "pulumi", "cmd", "run");
  mkdirSync(sdk, { recursive: true });
  writeFileSync(join(project, "node_modules", "@pulumi", "pulumi", "package.json"), '{"version":"3.270.0"}');
  // In the place of the SDK: notes what it was started with, and ends as the program's name says.
  writeFileSync(
    join(sdk, "index.js"),
    `const { argv, execArgv, env } = process;
     const pulumi = Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith("PULUMI_")));
     require("fs").writeFileSync(${JSON.stringify(seen)}, JSON.stringify({ args: argv.slice(2), execArgv, pulumi }));
     process.exit(Number(argv.at(-1).replace("exit-", "")));`,
  );
  const [port] = (await once(host.stdout, "data")) as [Buffer];
  client = new services.LanguageRuntimeClient(`127.0.0.1:${port.toString().trim()}`, grpc.credentials.createInsecure());
});

afterAll(async () => {
  client.close();
  host.kill();
  await once(host, "exit");
  rmSync(project, { recursive: true });
});

test("a program is started with what the recorded call says", async () => {
  const recorded = recordedCalls("language-nodejs").find(({ method }) => method === "Run")?.request ?? {};
  expect(await run("exit-0", recorded)).toEqual({ error: "", bail: false });
  const { args, execArgv, pulumi } = JSON.parse(readFileSync(seen, "utf8")) as Record<string, unknown>;
  expect(args).toEqual([
    ...["--monitor", "127.0.0.1:4712", "--engine", "127.0.0.1:4711", "--organization", "organization"],
    ...["--project", "fx2", "--stack", "dev", "--pwd", project, "--root-directory", project, "--parallel", "8"],
    ...["--dry-run", "exit-0"],
  ]);
  expect(execArgv).toEqual(["--import", "data:text/javascript,"]);
  expect(pulumi).toMatchObject({
    PULUMI_CONFIG: '{"fx2:phase":"1"}',
    PULUMI_CONFIG_SECRET_KEYS: "[]",
    PULUMI_NODEJS_TYPESCRIPT: "false",
  });
});

test("status 32 means that the user knows already", async () => {
  expect(await run("exit-32", {})).toEqual({ error: "", bail: true });
});

test("any other status is an error", async () => {
  expect(await run("exit-3", {})).toEqual({ error: "Program exited with non-zero exit code: 3", bail: false });
});

test("it says what it is", async () => {
  const about = await call<pb.AboutResponse>((done) => client.about(new pb.AboutRequest().setInfo(info("x")), done));
  expect(about.getVersion()).toBe(process.version);
  expect(about.getMetadataMap().get("host")).toMatch(/stand-in/);
});

test("it asks for no plugins in advance, and has no version of its own, as recorded", async () => {
  const packages = await call<pb.GetRequiredPackagesResponse>((done) =>
    client.getRequiredPackages(new pb.GetRequiredPackagesRequest().setInfo(info("x")), done),
  );
  expect(packages.getPackagesList()).toEqual([]);
  const plugin = await call<{ getVersion(): string }>((done) => client.getPluginInfo(new emptyPb.Empty(), done));
  expect(plugin.getVersion()).toBe("");
});

test("a policy pack is run in its own folder, and what it prints goes to the CLI", async () => {
  const sdk = join(project, "node_modules", "@pulumi", "pulumi", "cmd", "run-policy-pack");
  mkdirSync(sdk, { recursive: true });
  writeFileSync(
    join(sdk, "index.js"),
    "console.log(process.argv.at(-2), process.cwd(), process.env.A); process.exit(3);",
  );
  const request = new pb.RunPluginRequest().setKind("analyzer").setInfo(info("."));
  request.setArgsList(["127.0.0.1:4711"]).setEnvList(["A=b=c"]);
  const { printed, exitCode } = await plugin(request);
  expect(printed).toBe(`127.0.0.1:4711 ${project} b=c\n`);
  expect(exitCode).toBe(3);
});

test("it ends with a CLI that was killed", async () => {
  const cli = spawn("sh", ["-c", '"$0" 127.0.0.1:4711 & wait', program], { stdio: ["ignore", "pipe", "inherit"] });
  await once(cli.stdout, "data");
  cli.kill("SIGKILL");
  // Its standard output is closed when the last process that holds it has ended.
  await once(cli.stdout, "close");
});

test("plugins of other kinds are refused", async () => {
  const request = new pb.RunPluginRequest().setKind("resource").setInfo(info("."));
  await expect(plugin(request)).rejects.toThrow("kind resource");
});

function plugin(request: pb.RunPluginRequest): Promise<{ printed: string; exitCode: number }> {
  return new Promise((resolve, reject) => {
    let printed = "";
    let exitCode = -1;
    const stream = client.runPlugin(request);
    stream.on("data", (response: pb.RunPluginResponse) => {
      if (response.hasExitcode()) exitCode = response.getExitcode();
      else printed += Buffer.from(response.getStdout_asU8()).toString();
    });
    stream.on("error", reject);
    stream.on("end", () => {
      resolve({ printed, exitCode });
    });
  });
}

async function run(entryPoint: string, recorded: JsonObject) {
  const request = new pb.RunRequest()
    .setInfo(info(entryPoint))
    .setPwd(project)
    .setProject("fx2")
    .setStack("dev")
    .setOrganization("organization")
    .setParallel(8)
    .setMonitorAddress("127.0.0.1:4712")
    .setDryrun(recorded["dryRun"] === true);
  const config = objectAt(recorded, "config");
  for (const key of Object.keys(config)) request.getConfigMap().set(key, stringAt(config, key) ?? "");
  const response = await call<pb.RunResponse>((done) => client.run(request, done));
  return { error: response.getError(), bail: response.getBail() };
}

function info(entryPoint: string): pb.ProgramInfo {
  const options = structPb.Struct.fromJavaScript({ nodeargs: "--import data:text/javascript,", typescript: false });
  return new pb.ProgramInfo()
    .setProgramDirectory(project)
    .setRootDirectory(project)
    .setEntryPoint(entryPoint)
    .setOptions(options);
}

function call<Response>(
  start: (done: (error: grpc.ServiceError | null, response: Response) => void) => void,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    start((error, response) => {
      if (error === null) resolve(response);
      else reject(error);
    });
  });
}
