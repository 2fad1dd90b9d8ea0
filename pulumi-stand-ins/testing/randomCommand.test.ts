/**
 * Every recorded call on the real pulumi-random and pulumi-command, made on the stand-ins; commands really run.
 * Normalised: random values (by their form), random suffixes of ids, and the bookkeeping of the real plugins' frameworks
 * (`__pulumi_raw_state_delta`, `__pulumi-go-provider-version`). A secret that is not known yet comes back empty from the
 * real pulumi-command's check; the stand-in keeps it unknown.
 */
import { describe, expect, test } from "vitest";
import { commandProvider } from "../command/provider.ts";
import { randomProvider } from "../random/provider.ts";
import { isObject, isSecret, objectAt, secret, stringAt, unknown } from "../shared/values.ts";
import type { Json, JsonObject } from "../shared/values.ts";
import { listeningHost } from "./fakes.ts";
import { errorText, recordedCalls, replay, titleOf } from "./recording.ts";
import type { RecordedCall } from "./recording.ts";

const replayed = ["Check", "CheckConfig", "Configure", "Create", "Delete", "Diff", "DiffConfig", "Read", "Update"];
const calls = recordedCalls("random-command").filter(({ method }) => replayed.includes(method));
const cases = (plugin: string) =>
  calls
    .filter(({ request }) => (stringAt(request, "type") ?? "").includes(plugin))
    .map((call) => ({ title: titleOf(call), call }));

describe("random", () => {
  test.each(cases("random"))("$title", async ({ call }) => {
    const outcome = await replay(call, randomProvider());
    expect(withoutFrameworks(outcome)).toEqual({ response: randomForm(withoutFrameworks(call.response ?? {})) });
  });

  test("no two values are the same", async () => {
    const create = calls.find(
      ({ file, method, request }) => file.startsWith("02") && method === "Create" && request["name"] === "password",
    );
    if (create === undefined) throw new Error("not recorded");
    const made = await Promise.all([replay(create, randomProvider()), replay(create, randomProvider())]);
    const passwords = made.map((outcome) =>
      JSON.stringify(objectAt(outcome as unknown as Json, "response", "properties", "result")),
    );
    expect(new Set(passwords).size).toBe(2);
  });
});

describe("command", () => {
  const recorded = cases("command").filter(({ call }) => !(call.method === "DiffConfig" && call.errors !== undefined));

  test.each(recorded)("$title", async ({ call }) => {
    const outcome = await replay(call, commandProvider(listeningHost(), process.env));
    const expected = errorText(call);
    if (expected !== undefined) expect(outcome).toMatchObject({ error: expected });
    else
      expect(withoutFrameworks(outcome)).toEqual({
        response: commandForm(call, withoutFrameworks(call.response ?? {})),
      });
  });

  test("a cancelled command ends with all that it started", async () => {
    const host = listeningHost();
    const provider = commandProvider(host, process.env);
    const running = provider.create({
      urn: "u",
      type: "command:local:Command",
      name: "slow",
      properties: { create: "echo started; sleep 1000 | cat" },
      preview: false,
      timeout: 0,
    });
    await expect.poll(() => host.statuses.map(({ text }) => text)).toContain("started");
    provider.cancel();
    await expect(running).rejects.toThrow(/SIGKILL: running .*started/s);
  });

  test("what logging leaves out is not shown, but kept as output", async () => {
    const host = listeningHost();
    const properties = { create: "echo out; echo err >&2", logging: "none" };
    const created = await commandProvider(host, process.env).create({
      urn: "u",
      type: "command:local:Command",
      name: "quiet",
      properties,
      preview: false,
      timeout: 0,
    });
    expect(created.properties).toMatchObject({ stdout: "out", stderr: "err" });
    expect(host.statuses).toEqual([]);
  });
});

/** Removes what only the frameworks of the real plugins use. */
function withoutFrameworks(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (key, inner: unknown) =>
    ["__pulumi_raw_state_delta", "__pulumi-go-provider-version"].includes(key) ? undefined : inner,
  );
}

const forms: Readonly<Record<string, RegExp>> = {
  base64: /^[A-Za-z0-9+/]{43}=$/,
  bcryptHash: /^\$2a\$10\$.{53}$/,
  result: /^[A-Za-z0-9]{24}$/,
  b64Std: /^[A-Za-z0-9+/]{11}=$/,
  b64Url: /^[A-Za-z0-9_-]{11}$/,
  dec: /^\d{1,20}$/,
};

/** The recorded answer with a pattern in the place of each random value, secret where it was. */
function randomForm(response: unknown): unknown {
  const properties = objectAt(response as Json, "properties");
  const isBytes = "base64" in properties;
  const form = (name: string) => (name === "hex" ? (isBytes ? /^[0-9a-f]{64}$/ : /^[0-9a-f]{16}$/) : forms[name]);
  const isMade = isObject(response as Json) && typeof (response as JsonObject)["id"] === "string";
  if (!isMade) return response;
  const entries = Object.entries(properties).map(([name, value]): [string, Json] => {
    const pattern = name === "id" && value !== "none" ? forms["b64Url"] : form(name);
    if (pattern === undefined) return [name, value];
    const matcher = expect.stringMatching(pattern) as string;
    return [name, isSecret(value) ? secret(matcher) : matcher];
  });
  const id = (response as JsonObject)["id"] === "none" ? "none" : (expect.any(String) as string);
  return { id, properties: Object.fromEntries(entries) };
}

function isEmptySecret(value: unknown): boolean {
  return isSecret(value as Json) && (value as JsonObject)["value"] === "";
}

function commandForm(call: RecordedCall, response: unknown): unknown {
  const result = JSON.parse(JSON.stringify(response), (key, value: unknown) =>
    key === "TOKEN" && isEmptySecret(value) && call.method === "Check" ? secret(unknown) : value,
  ) as Record<string, unknown>;
  const name = stringAt(call.request, "name") ?? "";
  return {
    ...result,
    ...(typeof result["id"] === "string"
      ? { id: expect.stringMatching(new RegExp(`^${name}[0-9a-f]{8}$`)) as unknown }
      : {}),
    // A set: its order is that of a Go map.
    ...(Array.isArray(result["diffs"]) ? { diffs: expect.arrayContaining(result["diffs"]) as unknown } : {}),
  };
}
