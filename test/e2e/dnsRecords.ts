/** DnsRecords of the lab's cluster as the end-to-end tests make, change and look at them. */
import { readFile } from "node:fs/promises";
import { expect } from "vitest";
import { caCertificate, gandiTokenFile } from "@esddns/lab";
import { dig, eventually, lab, labJson, labOk } from "./lab.ts";

export const zone = "example.com";
export const namespace = "esddns-development";

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

/** Of this file's callers, to be deleted by `deleteMade`. */
const made: string[] = [];

export async function deleteMade(): Promise<void> {
  if (made.length > 0) await kubectl("delete", "dnsrecord", ...made.splice(0), "--ignore-not-found");
}

export function kubectl(...args: string[]): Promise<string> {
  return labOk("kubectl", "-n", namespace, ...args);
}

export async function apply(name: string, spec: Record<string, unknown>): Promise<void> {
  const object = {
    apiVersion: "esddns.io/v1alpha1",
    kind: "DnsRecord",
    metadata: { name, namespace },
    spec: { zone, ...spec },
  };
  made.push(name);
  const result = await lab(["kubectl", "apply", "-f", "-"], { stdin: JSON.stringify(object) });
  if (result.status !== 0) throw new Error(result.stderr);
}

export async function status(name: string): Promise<Record<string, unknown>> {
  const object = await labJson<{ status?: Record<string, unknown> }>(
    ...["kubectl", "-n", namespace, "get", "dnsrecord", name, "-o", "json"],
  );
  return object.status ?? {};
}

export async function condition(name: string, type: string): Promise<Condition | undefined> {
  return ((await status(name))["conditions"] as Condition[] | undefined)?.find((each) => each.type === type);
}

export async function conditionIs(name: string, type: string, wanted: Partial<Condition>): Promise<void> {
  await eventually(async () => {
    expect(await condition(name, type)).toMatchObject(wanted);
  });
}

export async function answers(name: string, type: string, values: readonly string[]): Promise<void> {
  await eventually(async () => {
    expect(await dig(name === "@" ? zone : `${name}.${zone}`, type)).toEqual(values);
  }, 180_000);
}

/** A change of the spec that changes nothing at Gandi: the operator looks at once, not at the next full interval. */
export async function lookAgain(name: string): Promise<void> {
  const { spec } = await labJson<{ spec: { deletionTimeoutSeconds: number } }>(
    ...["kubectl", "-n", namespace, "get", "dnsrecord", name, "-o", "json"],
  );
  const patch = { spec: { deletionTimeoutSeconds: spec.deletionTimeoutSeconds + 1 } };
  await kubectl("patch", "dnsrecord", name, "--type", "merge", "-p", JSON.stringify(patch));
}

/** As a person does in Gandi's web interface. */
export async function putByHand(name: string, type: string, values: readonly string[]): Promise<void> {
  const token = (await readFile(gandiTokenFile, "utf8")).trim();
  const body = JSON.stringify({ rrset_values: values, rrset_ttl: 300 });
  const result = await lab(
    ["exec", "client", "curl", "-sS", "--fail-with-body", "-X", "PUT", "--cacert", caCertificate, "-K", "-"].concat([
      `https://api.gandi.net/v5/livedns/domains/${zone}/records/${name}/${type}`,
    ]),
    {
      stdin: [
        `header = "Authorization: Bearer ${token}"`,
        `header = "Content-Type: application/json"`,
        `data = ${JSON.stringify(body)}`,
      ].join("\n"),
    },
  );
  if (result.status !== 0) throw new Error(`${result.stdout}\n${result.stderr}`);
}
