import { createServer, type IncomingMessage, type Server } from "node:http";
import { json } from "node:stream/consumers";
import { z } from "zod";
import { faultSchema } from "./faults.ts";
import type { Standin } from "./standin.ts";

/** The stand-in's switches, for tests: `POST|DELETE /faults`, `GET|DELETE /requests`. */
export function createControlServer(standin: Standin): Server {
  return createServer((request, response) => {
    const reply = (status: number, body: unknown): void => {
      response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
    };
    operate(standin, request).then(
      (body) => {
        reply(200, body);
      },
      (error: unknown) => {
        reply(400, { error: String(error) });
      },
    );
  });
}

async function operate(standin: Standin, request: IncomingMessage): Promise<unknown> {
  const operation = `${request.method ?? ""} ${request.url ?? ""}`;
  switch (operation) {
    case "POST /faults": {
      const fault = faultSchema.safeParse(await json(request));
      if (!fault.success) throw new Error(z.prettifyError(fault.error));
      standin.faults.add(fault.data);
      return {};
    }
    case "DELETE /faults":
      standin.faults.clear();
      return {};
    case "GET /requests":
      return standin.requests;
    case "DELETE /requests":
      standin.clearRequests();
      return {};
    default:
      throw new Error(`${operation} is none of POST|DELETE /faults, GET|DELETE /requests`);
  }
}
