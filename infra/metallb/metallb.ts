import { isAbsolute, join, relative } from "node:path";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { LoadedConfig } from "../config/load.ts";
import { type BGPAdvertisement, IPAddressPool, L2Advertisement } from "../kubernetes/kinds.ts";
import { podSecurityLabels } from "../kubernetes/podSecurity.ts";
import { CONTROL_PLANE } from "../kubernetes/tolerations.ts";
import { projectDir } from "../projectDir.ts";
import { bgpResources } from "./bgp.ts";
import type { FormerlyOwned } from "./formerOwner.ts";
import { KEPT_ANNOTATION, OWNER_LABEL, RELEASE_NAME } from "./owner.ts";
import { releaseTakeOver } from "./takeOver.ts";
import { chartValues } from "./values.ts";
import { annotationPrefix } from "./version.ts";
import { webhookRetry } from "./webhook.ts";

export interface MetalLBArgs extends Pick<
  LoadedConfig,
  "namespace" | "shared" | "keepOnDestroy" | "metallb" | "pools" | "l2" | "bgp" | "operator" | "guard" | "messages"
> {
  /** The MetalLB that already runs in the cluster. Undefined if none runs, or if the cluster was not read. */
  readonly running: { readonly version: string | undefined } | undefined;
  /** What a stack that adopts MetalLB may still have in its state. */
  readonly former: Pick<FormerlyOwned, "namespace" | "release">;
}

/**
 * MetalLB and this stack's part of it: its namespace and Helm release (unless it is adopted), the address pools and the
 * advertisements that make Services of type LoadBalancer reachable.
 *
 * The pools are not part of the release. The chart has its custom resource definitions as templates, so replacing the
 * release would delete every pool of the cluster.
 */
export class MetalLB extends pulumi.ComponentResource {
  readonly namespace: string;
  /** The version of the chart. An adopted MetalLB has the version of its image, or undefined if that is unknown. */
  readonly version: pulumi.Output<string | undefined>;
  readonly pools: readonly { readonly config: MetalLBArgs["pools"][number]; readonly resource: IPAddressPool }[];
  readonly advertisements: readonly (L2Advertisement | BGPAdvertisement)[];

  /**
   * Returns annotations of a Service with the prefix that this MetalLB reads. The keys have no prefix: `address-pool`.
   */
  readonly annotations: (named: Readonly<Record<string, string>>) => Record<string, string>;

  /** The labels of all objects in MetalLB's namespace, where every stack writes. */
  readonly #labels: Readonly<Record<string, string>>;

  constructor(name: string, args: MetalLBArgs, options: pulumi.ComponentResourceOptions) {
    super("esddns:metallb:MetalLB", name, {}, options);
    this.namespace = args.metallb.namespace;
    this.#labels = { [OWNER_LABEL]: args.namespace };
    const release = args.shared === "own" ? this.#install(name, args) : undefined;
    if (args.shared === "adopt") this.#letGo(name, args.former);
    this.version = release ? release.status.version : pulumi.output(args.running?.version);
    // If the version of an adopted MetalLB could not be read, use the version in the config, or assume a recent one.
    const adopted = args.shared === "adopt" ? args.running?.version : undefined;
    const prefix = annotationPrefix(adopted ?? args.metallb.version);
    this.annotations = (named) =>
      Object.fromEntries(Object.entries(named).map(([key, value]) => [`${prefix}/${key}`, value]));
    const hooks = { onError: [webhookRetry(`${name}-webhook`, this.namespace, args.messages)] };
    const objectOptions = { parent: this, hooks, dependsOn: release ? [release] : [] };
    this.pools = args.pools.map((config) => ({ config, resource: this.#pool(name, config, objectOptions) }));
    const poolResources = this.pools.map(({ resource }) => resource);
    const l2 = args.l2.map(
      (l2) =>
        new L2Advertisement(
          `${name}-${l2.name}`,
          {
            metadata: { name: l2.name, namespace: this.namespace, labels: this.#labels },
            spec: {
              ipAddressPools: l2.pools,
              ...(l2.interfaces.length > 0 ? { interfaces: l2.interfaces } : {}),
              ...(l2.nodeSelectors.length > 0 ? { nodeSelectors: l2.nodeSelectors } : {}),
            },
          },
          { ...objectOptions, dependsOn: poolResources },
        ),
    );
    const bgp = {
      bgp: args.bgp,
      namespace: this.namespace,
      labels: this.#labels,
      pools: poolResources,
      guard: args.guard,
    };
    this.advertisements = [...l2, ...bgpResources(name, bgp, objectOptions)];
    this.registerOutputs({ namespace: this.namespace, version: this.version });
  }

  #install(name: string, args: MetalLBArgs): k8s.helm.v3.Release {
    const { metallb, keepOnDestroy, namespace: owner, operator, guard } = args;
    const values = chartValues(metallb.values, owner, operator.tolerateControlPlane ? [CONTROL_PLANE] : []);
    // A destroy leaves kept objects alone, and the next up takes them over (upsertExistingObjects of the provider).
    const self = { parent: this, retainOnDelete: keepOnDestroy };
    // The speaker answers ARP on the node's own interfaces, so it needs the host network and NET_RAW.
    const namespace = new k8s.core.v1.Namespace(
      `${name}-namespace`,
      {
        metadata: {
          name: metallb.namespace,
          labels: { ...podSecurityLabels("privileged"), ...this.#labels },
          annotations: { [KEPT_ANNOTATION]: String(keepOnDestroy) },
        },
      },
      self,
    );
    return new k8s.helm.v3.Release(
      `${name}-release`,
      {
        name: RELEASE_NAME,
        namespace: namespace.metadata.name,
        ...guarded(chartSource(metallb), guard),
        values: guard.value(values, "metallb", "operator"),
      },
      {
        ...self,
        ...guard.outputs(RELEASE_OUTPUTS, "metallb", "operator"),
        hooks: { onError: [releaseTakeOver(`${name}-take-over`, metallb.namespace, owner, args.messages)] },
      },
    );
  }

  /** Reads what #install wrote, under the same resource names (formerOwner.ts). The values may contain secrets. */
  #letGo(name: string, { namespace, release }: MetalLBArgs["former"]): void {
    if (namespace !== undefined)
      k8s.core.v1.Namespace.get(`${name}-namespace`, namespace, {
        parent: this,
        additionalSecretOutputs: ["metadata"],
      });
    if (release !== undefined)
      k8s.helm.v3.Release.get(`${name}-release`, `${release}/${RELEASE_NAME}`, {
        parent: this,
        additionalSecretOutputs: ["values", "manifest"],
      });
  }

  #pool(name: string, pool: MetalLBArgs["pools"][number], options: pulumi.CustomResourceOptions): IPAddressPool {
    const { addresses, autoAssign, avoidBuggyIPs } = pool;
    return new IPAddressPool(
      `${name}-${pool.name}`,
      {
        metadata: { name: pool.name, namespace: this.namespace, labels: this.#labels },
        spec: {
          addresses: addresses.map(({ canonical }) => canonical),
          autoAssign,
          avoidBuggyIPs,
          ...serviceAllocation(pool),
        },
      },
      options,
    );
  }
}

/** Returns who may use a pool, and its priority. Undefined if every Service may use it. */
function serviceAllocation({
  priority,
  namespaces,
  namespaceSelectors,
  serviceSelectors,
}: MetalLBArgs["pools"][number]) {
  const who = Object.entries({ namespaces, namespaceSelectors, serviceSelectors }).filter(
    ([, list]) => list.length > 0,
  );
  if (who.length === 0) return {};
  return { serviceAllocation: { ...(priority > 0 ? { priority } : {}), ...Object.fromEntries(who) } };
}

/** The outputs in which a release repeats its chart and its values. */
const RELEASE_OUTPUTS = ["manifest", "resourceNames", "status", "rawConfig", "checksum"];

function guarded({ chart, version, repositoryOpts }: ChartSource, guard: LoadedConfig["guard"]) {
  return {
    chart: guard.value(chart, "metallb"),
    ...(version === undefined ? {} : { version: guard.value(version, "metallb") }),
    ...(repositoryOpts === undefined ? {} : { repositoryOpts: guard.value(repositoryOpts, "metallb") }),
  };
}

interface ChartSource {
  readonly chart: string;
  readonly version?: string;
  readonly repositoryOpts?: { readonly repo: string };
}

function chartSource({ chart, repository, version }: MetalLBArgs["metallb"]): ChartSource {
  if (chart.startsWith("oci://")) return { chart, version };
  // Plugins run in the program's folder, but a path in the config is relative to Pulumi.yaml. It stays relative, so
  // that another checkout shows no difference. A chart in a file brings its own version.
  if (isAbsolute(chart)) return { chart };
  if (chart.startsWith(".")) return { chart: relative(process.cwd(), join(projectDir, chart)) };
  return { chart, version, repositoryOpts: { repo: repository } };
}
