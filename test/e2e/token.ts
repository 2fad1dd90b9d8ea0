import { labOk } from "./lab.ts";

/** As a person who has made a new token does; the annotation has the kubelets look at once, not within a minute. */
export async function storeToken(namespace: string, token: string): Promise<void> {
  const data = { token: Buffer.from(token).toString("base64") };
  await labOk("kubectl", "patch", "secret", "esddns-gandi", "-n", namespace, "-p", JSON.stringify({ data }));
  await labOk("kubectl", "annotate", "pods", "--all", "-n", namespace, "--overwrite", `token-stored=${Date.now()}`);
}
