/** GETs by path from the API server: through kubectl on a person's machine, or with the pod's own rights in a pod. */
import { execFile } from "node:child_process";
import type * as z from "zod";
import { type Get, listOf, mapRead, parseAnswer, type Read, reasonOf, failedRead } from "@esddns/common/cluster";
import { clean } from "@esddns/common/text";
import { httpPool, readText } from "../../runtime/http.ts";
import type { KubeServer } from "../../kube/server.ts";

const TIMEOUT_MS = 15_000;
const MAX_BYTES = 64 * 1024 * 1024;
/** Per string in an object, characters. */
const MAX_TEXT = 4_096;

/** GETs by `kubectl get --raw`, which knows every way to log in to a cluster. `program` is kubectl's name or path. */
export function kubectlGet(program: string): Get {
  return (path) =>
    new Promise((resolve) => {
      const options = { timeout: TIMEOUT_MS, maxBuffer: MAX_BYTES };
      execFile(program, ["get", "--raw", path, "--request-timeout=10s"], options, (error, stdout, stderr) => {
        if (error === null) resolve({ read: true, value: stdout });
        else if (error.code === "ENOENT") resolve(failedRead(`${program} is not on the PATH; name it in KUBECTL`));
        else resolve(failedRead(/\S.*$/.exec(stderr.trimEnd())?.[0] ?? error.message, reasonOf(stderr)));
      });
    });
}

/** GETs with the service account of the pod in which this runs. */
export function podGet({ origin, ca, token }: KubeServer): Get {
  const http = httpPool({ ca });
  return async (path) => {
    try {
      const headers = { accept: "application/json", authorization: `Bearer ${await token.current()}` };
      const limits = { connectMs: 5_000, headersMs: TIMEOUT_MS, bodyMs: TIMEOUT_MS };
      const url = `${origin}${path}`;
      const { status, body } = await http.send(
        { url, method: "GET", headers },
        limits,
        AbortSignal.timeout(TIMEOUT_MS),
      );
      const text = await readText(body, MAX_BYTES);
      if (status === 200) return { read: true, value: text };
      if (status === 403) return failedRead("this pod has no right to read it", "Forbidden");
      return failedRead(`the API server answers ${status} to ${path}`, status === 404 ? "NotFound" : "Failed");
    } catch (error) {
      return failedRead(`the API server does not answer (${error instanceof Error ? error.name : "unknown"})`);
    }
  };
}

/** Returns the object at that path. */
export async function one<S extends z.ZodType>(get: Get, path: string, schema: S): Promise<Read<z.output<S>>> {
  const answer = await get(path);
  return answer.read ? parseAnswer(path, answer.value, schema, cleanStrings) : answer;
}

/** Strings in objects come from other people and may end in the terminal of the person who runs the doctor. */
function cleanStrings(_key: string, value: unknown): unknown {
  return typeof value === "string" ? clean(value, MAX_TEXT) : value;
}

/** Returns the items of the list at that path. */
export async function list<S extends z.ZodType>(get: Get, path: string, schema: S): Promise<Read<z.output<S>[]>> {
  return mapRead(await one(get, path, listOf(schema)), ({ items }) => items);
}
