/** Gandi answering in every wrong way that it has: what people read, and that the record stays as it was. */
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type FaultInput, gandiControl, gandiTokenFile } from "@esddns/lab";
import { answers, apply, condition, conditionIs, deleteMade, lookAgain, status, zone } from "./dnsRecords.ts";
import { dig, eventually, labJson, labOk } from "./lab.ts";
import { goodToken, storeToken } from "./token.ts";

const namespace = "esddns-development";
const before = "198.51.100.20";
const after = "198.51.100.77";
/** Within this a kubelet has brought a changed Secret to the pods, even where it looked a moment too early. */
const KUBELET_MS = 150_000;
const gandi = gandiControl();
let token = "";
let refused = false;

/** Gandi is at fault before the address changes, and stays so from one case to the next. */
beforeAll(async () => {
  token = await goodToken();
  await labOk("trouble", "off");
  await labOk("wan", before);
  await apply("faults", { name: "faults", types: ["A"], deletionPolicy: "Delete" });
  await answers("faults", "A", [before]);
  await gandi.addFault({ fault: "server-error-html" });
  await labOk("wan", after);
});

afterAll(async () => {
  await gandi.clearFaults();
  await labOk("wan", before);
  await useToken(token);
  await answers("home", "A", [before]);
  await deleteMade();
});

// No two neighbours have the same reason: each is news.
test.each<[FaultInput["fault"], string, string]>([
  ["server-error-html", "GandiUnavailable", "it will be tried again, and there is nothing else to do"],
  ["forbidden-expired", "AccessDenied", "create a Personal Access Token"],
  ["hang", "GandiUnavailable", "did not answer in time"],
  ["zone-not-found", "ZoneNotFound", 'check the spelling of "zone"'],
  ["cut", "GandiUnavailable", "check name resolution and the way out of the cluster"],
  ["unauthorized", "TokenRefused", "create a Personal Access Token"],
  ["invalid", "Invalid", "rrset_values: Invalid value"],
  ["json-without-code", "TokenRefused", "You must provide an access token"],
  ["nonsense", "UnexpectedAnswer", "check that nothing, a proxy for instance, stands between"],
  ["rate-limited", "RateLimited", "another program behind the same address"],
])("%s: the record stays as it was, and condition and event say %s and what to do", async (fault, reason, words) => {
  await gandi.clearFaults();
  await gandi.addFault({ fault, ...(fault === "rate-limited" ? { retryAfter: 1 } : {}) });
  // A token that Gandi has refused is not tried again: what comes after that is seen with another one.
  if (refused) await useToken(randomBytes(20).toString("hex"));
  refused = reason === "TokenRefused";
  await lookAgain("faults");
  await eventually(async () => {
    const synced = await condition("faults", "Synced");
    expect(synced).toMatchObject({ status: "False", reason });
    expect(synced?.message).toContain(words);
  }, KUBELET_MS);
  await eventually(async () => {
    expect(await warnings()).toContainEqual({ reason, note: expect.stringContaining(words) as string });
  });
  expect(await dig(`faults.${zone}`, "A")).toEqual([before]);
  expect(await status("faults")).toMatchObject({ published: [{ type: "A", values: [before] }] });
});

test("once Gandi answers again the new address goes out, though the answer to its writing gets lost", async () => {
  await gandi.clearFaults();
  await gandi.addFault({ fault: "cut", times: 1, match: { method: "PUT", path: "/faults/" } });
  await useToken(token);
  await answers("faults", "A", [after]);
  // After so many failures in a row the next attempt is minutes away.
  await lookAgain("faults");
  await conditionIs("faults", "Synced", { status: "True" });
  await conditionIs(`home.${zone}`, "Synced", { status: "True" });
  // What was written and not confirmed is nobody else's change.
  expect(await status("faults")).not.toHaveProperty("corrections");
});

async function useToken(next: string): Promise<void> {
  await writeFile(gandiTokenFile, next, { mode: 0o600 });
  await storeToken(namespace, next);
}

async function warnings(): Promise<{ reason: string; note: string }[]> {
  const { items } = await labJson<{ items: { type: string; reason: string; message: string }[] }>(
    ...["kubectl", "get", "events", "-n", namespace, "-o", "json"],
    ...["--field-selector", "involvedObject.kind=DnsRecord,involvedObject.name=faults,type=Warning"],
  );
  return items.map(({ reason, message }) => ({ reason, note: message }));
}
