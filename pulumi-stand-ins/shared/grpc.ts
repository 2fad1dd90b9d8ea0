/** The process side of a Pulumi plugin: a gRPC server on loopback whose port is the first line on stdout. */
import * as grpc from "@grpc/grpc-js";

/** Calls of Pulumi carry whole states and charts; gRPC's own limit is 4 MiB. */
const maxMessageBytes = 400 * 1024 * 1024;

export interface Served {
  readonly port: number;
  readonly stop: () => void;
}

export async function serve(addServices: (server: grpc.Server) => void): Promise<Served> {
  const server = new grpc.Server({ "grpc.max_receive_message_length": maxMessageBytes });
  addServices(server);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  return {
    port,
    stop: () => {
      server.forceShutdown();
    },
  };
}

/** Between two looks whether the CLI is still there, milliseconds. */
const PARENT_INTERVAL_MS = 1_000;

/**
 * Serves until the CLI ends the process, or ends itself: one that is killed, or that stops at a wrong stack config, sends
 * its plugins no signal. `onEnd` is for children that must not outlive it.
 */
export async function servePlugin(addServices: (server: grpc.Server) => void, onEnd: () => void): Promise<void> {
  const parent = process.ppid;
  const end = (): void => {
    onEnd();
    process.exit(0);
  };
  const { port } = await serve(addServices);
  process.stdout.write(`${port}\n`);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, end);
  setInterval(() => {
    if (process.ppid !== parent) end();
  }, PARENT_INTERVAL_MS);
}

/** An async function as a handler of a unary call. */
export function unary<Request, Response>(
  answer: (request: Request) => Response | Promise<Response>,
  toStatus: (error: unknown) => Partial<grpc.StatusObject> = unknownStatus,
): grpc.handleUnaryCall<Request, Response> {
  return (call, callback) => {
    Promise.resolve()
      .then(() => answer(call.request))
      .then(
        (response) => {
          callback(null, response);
        },
        (error: unknown) => {
          callback(toStatus(error));
        },
      );
  };
}

/** Code UNKNOWN with the message alone, as Go plugins answer. */
export function unknownStatus(error: unknown): Partial<grpc.StatusObject> {
  return { code: grpc.status.UNKNOWN, details: error instanceof Error ? error.message : String(error) };
}

export function unimplementedStatus(method: string): Partial<grpc.StatusObject> {
  return { code: grpc.status.UNIMPLEMENTED, details: `method ${method} not implemented` };
}
