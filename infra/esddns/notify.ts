import { createHash } from "node:crypto";
import { isIP } from "node:net";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Guard } from "../config/guard.ts";
import type { StackConfig } from "../config/parse.ts";
import { names } from "../names.ts";

const DIR = "/var/run/secrets/esddns-notify";

/** Returns as CIDRs the servers that a channel's URL names by an address: the policy must allow those on the LAN. */
export function literalHosts(channels: StackConfig["notify"]): string[] {
  return channels.flatMap(({ url }) => {
    const host = URL.parse(url)?.hostname.replace(/^\[|\]$/g, "") ?? "";
    return isIP(host) === 0 ? [] : [`${host}/${isIP(host) === 4 ? 32 : 128}`];
  });
}

/**
 * Writes the channels into a Secret, with their URLs: at many services the URL is all that a sender needs. Undefined if
 * no channel exists.
 */
export function notifyAccess(
  name: string,
  namespace: pulumi.Input<string>,
  channels: StackConfig["notify"],
  guard: Guard,
  options: pulumi.CustomResourceOptions,
) {
  if (channels.length === 0) return undefined;
  const { name: secretName, key } = names.notifySecret;
  const content = JSON.stringify(channels);
  const secret = new k8s.core.v1.Secret(
    `${name}-notify`,
    { metadata: { name: secretName, namespace }, stringData: { [key]: pulumi.secret(content) } },
    options,
  );
  return {
    resources: [secret],
    mount: { path: DIR, volume: { name: "notify", secret: { secretName, defaultMode: 0o440 } } },
    env: { name: "ESDDNS_NOTIFY_FILE", value: `${DIR}/${key}` },
    // The channels are read only at start, so other channels need new pods. This part of the hash is too short to test
    // guesses of the secrets against it.
    annotations: {
      "esddns.io/notify": guard.value(createHash("sha256").update(content).digest("hex").slice(0, 6), "notify"),
    },
  };
}
