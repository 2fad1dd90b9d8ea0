import { request } from "node:http";
import { json } from "node:stream/consumers";
import { gandiControlSocket } from "../files.ts";
import type { FaultInput } from "./faults.ts";
import type { LoggedRequest } from "./standin.ts";

const TIMEOUT_MS = 5_000;

/** What a test can ask of the running stand-in. Every call rejects when nothing answers on the socket. */
export interface GandiControl {
  addFault(fault: FaultInput): Promise<void>;
  clearFaults(): Promise<void>;
  /** Every request since the start or the last `clearRequests`, oldest first, without its token. */
  requests(): Promise<LoggedRequest[]>;
  clearRequests(): Promise<void>;
}

/** The client of the stand-in's control socket, which crosses network namespaces. */
export function gandiControl(socketPath = gandiControlSocket): GandiControl {
  const call = async (operation: Operation, body?: FaultInput): Promise<unknown> =>
    callSocket(socketPath, operation, body);
  return {
    addFault: async (fault) => {
      await call("POST /faults", fault);
    },
    clearFaults: async () => {
      await call("DELETE /faults");
    },
    requests: async () => (await call("GET /requests")) as LoggedRequest[],
    clearRequests: async () => {
      await call("DELETE /requests");
    },
  };
}

type Operation = "POST /faults" | "DELETE /faults" | "GET /requests" | "DELETE /requests";

async function callSocket(socketPath: string, operation: Operation, body?: FaultInput): Promise<unknown> {
  const [method, path] = operation.split(" ");
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, method, path, signal }, (response) => {
      json(response).then((answer) => {
        if (response.statusCode === 200) resolve(answer);
        else reject(new Error(`${operation}: ${JSON.stringify(answer)}`));
      }, reject);
    });
    call.on("error", reject);
    call.end(body === undefined ? "" : JSON.stringify(body));
  });
}
