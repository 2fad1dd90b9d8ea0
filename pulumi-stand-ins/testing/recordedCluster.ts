/**
 * An API server for replays: it knows kinds, namespaces and one object, which a test sets to what the real server said
 * when the call was recorded. It does not apply anything itself; it checks what it is asked and writes that down.
 */
import type { ApiReply, ApiRequest, Transport } from "../kubernetes/api.ts";
import type { JsonObject } from "../shared/values.ts";

const builtIn: readonly (readonly [apiVersion: string, kind: string, plural: string, namespaced: boolean])[] = [
  ["v1", "ConfigMap", "configmaps", true],
  ["v1", "Endpoints", "endpoints", true],
  ["v1", "Namespace", "namespaces", false],
  ["v1", "Pod", "pods", true],
  ["v1", "Secret", "secrets", true],
  ["v1", "Service", "services", true],
  ["v1", "ServiceAccount", "serviceaccounts", true],
  ["apps/v1", "DaemonSet", "daemonsets", true],
  ["apps/v1", "Deployment", "deployments", true],
  ["apps/v1", "ReplicaSet", "replicasets", true],
  ["apiextensions.k8s.io/v1", "CustomResourceDefinition", "customresourcedefinitions", false],
  ["rbac.authorization.k8s.io/v1", "Role", "roles", true],
];
const thing = ["example.test/v1", "Thing", "things", true] as const;

export interface ServerError {
  readonly status: number;
  readonly reason: string;
  readonly message: string;
}

export class RecordedCluster {
  readonly requests: ApiRequest[] = [];
  hasThings = true;
  hasNamespace = true;
  /** Answer to reads. Undefined: not found. */
  live: JsonObject | undefined;
  /** Answer to writes, and from the first one on to reads; else `live`. */
  written: JsonObject | undefined;
  /** Answer to writes instead. */
  writeError: ServerError | undefined;
  /** Lists by plural name, and Endpoints. */
  related: Readonly<Record<string, readonly JsonObject[]>> = {};

  readonly transport: Transport = (request) => {
    this.requests.push(request);
    return Promise.resolve(this.#answer(request));
  };

  writes(): ApiRequest[] {
    return this.requests.filter(({ method }) => method !== "GET");
  }

  #answer(request: ApiRequest): ApiReply {
    const parts = request.path.split("/").filter((part) => part !== "");
    if (request.path === "/version") return ok({ gitVersion: "v1.34.4" });
    const group = parts[0] === "api" ? parts.slice(1, 2) : parts.slice(1, 3);
    const rest = parts.slice(1 + group.length);
    if (rest.length === 0) return this.#discovery(group.join("/"));
    const [plural = "", name] = rest[0] === "namespaces" && rest.length > 2 ? rest.slice(2) : rest;
    if (request.method === "GET") return this.#read(plural, name);
    return this.#write(request, rest);
  }

  #discovery(apiVersion: string): ApiReply {
    const kinds = [...builtIn, ...(this.hasThings ? [thing] : [])].filter(([of]) => of === apiVersion);
    if (kinds.length === 0)
      return failure({ status: 404, reason: "NotFound", message: "the server could not find it" });
    return ok({ resources: kinds.map(([, kind, name, namespaced]) => ({ kind, name, namespaced })) });
  }

  #read(plural: string, name: string | undefined): ApiReply {
    const related = this.related[plural];
    if (name === undefined) return ok({ items: related ?? [] });
    const found = plural === "endpoints" ? related?.[0] : this.live;
    return found === undefined ? notFound(plural, name) : ok(found);
  }

  #write(request: ApiRequest, rest: readonly string[]): ApiReply {
    if (this.writeError !== undefined) return failure(this.writeError);
    if (request.method === "POST" && rest[0] === "namespaces" && rest.length > 2 && !this.hasNamespace) {
      return notFound("namespaces", rest[1] ?? "");
    }
    if (request.method === "DELETE") {
      this.live = undefined;
      return ok({});
    }
    const answer = this.written ?? this.live ?? {};
    // Handing over managed fields changes nothing that the recorded calls look at.
    if (request.query?.["dryRun"] === undefined && request.contentType !== "application/json-patch+json") {
      this.live = answer;
    }
    return ok(answer);
  }
}

function ok(body: unknown): ApiReply {
  return { status: 200, body };
}

function notFound(plural: string, name: string): ApiReply {
  return failure({ status: 404, reason: "NotFound", message: `${plural} "${name}" not found` });
}

function failure({ status, reason, message }: ServerError): ApiReply {
  return { status, body: { kind: "Status", code: status, reason, message } };
}
