import { readFile } from "node:fs/promises";
import { gandiTokenFile } from "@esddns/lab";
import { labOk } from "./lab.ts";

/** The token that the lab's Gandi takes, as the stack's Secret holds it: the file's without its line end. */
export async function goodToken(): Promise<string> {
  return (await readFile(gandiTokenFile, "utf8")).trim();
}

/** As a person who has made a new token does; the annotation has the kubelets look at once, not within a minute. */
export async function storeToken(namespace: string, token: string): Promise<void> {
  const data = { token: Buffer.from(token).toString("base64") };
  await labOk("kubectl", "patch", "secret", "esddns-gandi", "-n", namespace, "-p", JSON.stringify({ data }));
  await labOk("kubectl", "annotate", "pods", "--all", "-n", namespace, "--overwrite", `token-stored=${Date.now()}`);
}
