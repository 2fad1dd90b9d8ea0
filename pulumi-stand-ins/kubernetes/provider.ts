/** The stand-in for pulumi-kubernetes: which call on which type goes where. */
import type { Clock } from "../shared/clock.ts";
import type { DiffResponse, Host, Provider } from "../shared/provider.ts";
import type { JsonObject } from "../shared/values.ts";
import { plainObject } from "../shared/values.ts";
import { checkObject } from "./check.ts";
import { connect, parseSettings, warnOfIgnored } from "./configure.ts";
import type { Context } from "./context.ts";
import { createObject } from "./create.ts";
import { deleteObject } from "./delete.ts";
import { diffObject } from "./diff.ts";
import type { Helm } from "./helm/cli.ts";
import { diffRelease } from "./helm/release.ts";
import { checkRelease, createRelease, deleteRelease, readRelease, updateRelease } from "./helm/resource.ts";
import { readObject, requireReachable } from "./read.ts";
import { updateObject } from "./update.ts";

/** Build metadata, not a pre-release: the engine compares versions, and a pre-release would count as older. */
const version = "4.34.2+standin";

export interface KubernetesDeps {
  readonly host: Host;
  readonly clock: Clock;
  readonly helm: Helm;
  readonly env: NodeJS.ProcessEnv;
  /** Tests connect to something else. */
  readonly connect?: typeof connect;
}

export function kubernetesProvider(deps: KubernetesDeps): Provider {
  const canceled = new AbortController();
  let context: Context = {
    cluster: { unreachable: "the provider is not configured" },
    settings: parseSettings({}, deps.env),
    host: deps.host,
    clock: deps.clock,
    signal: canceled.signal,
  };
  return {
    version,
    checkConfig: (news) => news,
    diffConfig,
    configure: async ({ args }) => {
      const settings = parseSettings(plainObject(args), deps.env);
      warnOfIgnored(args, deps.host);
      context = { ...context, settings, cluster: await (deps.connect ?? connect)(args, canceled.signal) };
      return { acceptSecrets: true, supportsAutonamingConfiguration: true, supportsPreview: true };
    },
    check: async (request) =>
      isRelease(request.type)
        ? checkRelease(request, deps.helm, context)
        : checkObject(request, {
            defaultNamespace: context.settings.defaultNamespace,
            isNamespaced: async (kind) =>
              "unreachable" in context.cluster ? undefined : context.cluster.api.isNamespaced(kind),
          }),
    diff: (request) =>
      Promise.resolve(isRelease(request.type) ? diffRelease(request) : diffObject(request, context.settings)),
    create: async (request) =>
      isRelease(request.type) ? createRelease(request, deps.helm, context) : createObject(request, context),
    read: async (request) => {
      requireReachable(request.urn, context);
      return isRelease(request.type) ? readRelease(request, deps.helm, context) : readObject(request, context);
    },
    update: async (request) =>
      isRelease(request.type) ? updateRelease(request, deps.helm, context) : updateObject(request, context),
    delete: async (request) =>
      isRelease(request.type) ? deleteRelease(request, deps.helm, context) : deleteObject(request, context),
    cancel: () => {
      canceled.abort();
    },
  };
}

function isRelease(type: string): boolean {
  return type === "kubernetes:helm.sh/v3:Release";
}

/** Another cluster would mean other objects, but only its user can say so: every change is an update of the provider. */
function diffConfig(olds: JsonObject, news: JsonObject): DiffResponse {
  const keys = new Set([...Object.keys(olds), ...Object.keys(news)]);
  const diffs = [...keys].filter((key) => JSON.stringify(olds[key]) !== JSON.stringify(news[key]));
  return diffs.length === 0 ? { changes: "DIFF_NONE" } : { changes: "DIFF_SOME", diffs };
}
