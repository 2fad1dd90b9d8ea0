import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { splitAddresses } from "../config/values/fields.ts";
import type { Guard } from "../config/guard.ts";
import type { StackConfig } from "../config/parse.ts";
import { familiesOf, ipFamilies } from "../config/keys/service.ts";
import type { MetalLB } from "../metallb/metallb.ts";
import { labels, names, PUSH_PORT } from "../names.ts";
import type { PodArgs } from "./pod.ts";

const DIR = "/var/run/secrets/esddns-push";

type Mount = NonNullable<PodArgs["mounts"]>[number];

/**
 * What the operator's pods need to accept POST /probe: a generated token, and the file and variable that give it to
 * them.
 */
interface PushAccess {
  readonly resources: readonly pulumi.Resource[];
  readonly mount: Mount;
  readonly env: k8s.types.input.core.v1.EnvVar;
}

/** Writes the bearer token of POST /probe into a Secret of the namespace. */
export function pushAccess(
  name: string,
  namespace: pulumi.Input<string>,
  options: pulumi.CustomResourceOptions,
): PushAccess {
  const token = new random.RandomPassword(`${name}-push-token`, { length: 43, special: false }, options);
  const { secret: secretName, key } = names.push;
  const secret = new k8s.core.v1.Secret(
    `${name}-push`,
    { metadata: { name: secretName, namespace }, stringData: { [key]: token.result } },
    options,
  );
  return {
    resources: [secret],
    mount: { path: DIR, volume: { name: "push", secret: { secretName, defaultMode: 0o440 } } },
    env: { name: "ESDDNS_PUSH_TOKEN_FILE", value: `${DIR}/${key}` },
  };
}

/** Lets Services share an address: all must have the same key, and none may require the client's own address. */
export const SHARED_ADDRESS = { "allow-shared-ip": "esddns" };

interface PushServiceArgs {
  readonly namespace: pulumi.Input<string>;
  readonly push: StackConfig["push"];
  /** Whether the Service shares the page's address. */
  readonly shared: boolean;
  readonly loadBalancer: Pick<MetalLB, "annotations" | "pools">;
  readonly loadBalancerClass: string | undefined;
  readonly guard: Guard;
}

/** The keys of the config that both Services depend on: MetalLB's version decides the prefix of their annotations. */
export const SERVICE_KEYS = ["service", "push", "metallb"] as const;

/**
 * Replaces a Service if its class or its first family changes, because neither can be changed. The old one must be
 * deleted first, because its name is free only then. Adding or removing a second family replaces nothing.
 */
export const keptForLife = {
  replaceOnChanges: ["spec.loadBalancerClass", "spec.ipFamilies[0]"],
  deleteBeforeReplace: true,
};

/** Creates the address on the LAN at which any of the operator's pods accepts POST /probe. */
export function pushService(
  name: string,
  { namespace, push, shared, loadBalancer, loadBalancerClass, guard }: PushServiceArgs,
  options: pulumi.CustomResourceOptions,
): k8s.core.v1.Service {
  const { pool, port } = push;
  const addresses = push.address === undefined ? [] : splitAddresses(push.address);
  const home = loadBalancer.pools.find(({ config }) => config.name === pool)?.config;
  return new k8s.core.v1.Service(
    `${name}-push`,
    {
      metadata: {
        name: names.push.service,
        namespace,
        labels: labels(names.operator.app),
        annotations: guard.value(
          {
            ...loadBalancer.annotations({
              ...(pool === undefined ? {} : { "address-pool": pool }),
              ...(addresses.length === 0 ? {} : { loadBalancerIPs: addresses.join(",") }),
              ...(shared ? SHARED_ADDRESS : {}),
            }),
            // A router's script can wait for the address, so the up does not.
            "pulumi.com/skipAwait": "true",
          },
          ...SERVICE_KEYS,
        ),
      },
      spec: guard.value(
        {
          type: "LoadBalancer",
          ...(loadBalancerClass === undefined ? {} : { loadBalancerClass }),
          ...ipFamilies(familiesOf(addresses, home), undefined),
          selector: { app: names.operator.app },
          ports: [{ name: "push", port, targetPort: PUSH_PORT, protocol: "TCP" }],
        },
        ...SERVICE_KEYS,
      ),
    },
    { ...options, ...guard.outputs(["metadata", "spec", "status"], ...SERVICE_KEYS), ...keptForLife },
  );
}
