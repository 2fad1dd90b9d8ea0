/** The plugin's line back to the Pulumi engine, for messages. */
import * as grpc from "@grpc/grpc-js";
import engineServices from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import enginePb from "@pulumi/pulumi/proto/engine_pb.js";
import type { Host, Severity } from "./provider.ts";

const severities = {
  info: enginePb.LogSeverity.INFO,
  warning: enginePb.LogSeverity.WARNING,
  error: enginePb.LogSeverity.ERROR,
} as const;

export interface EngineHost extends Host {
  /** Resolves when the engine has all messages; a later answer then does not overtake them. */
  readonly flush: () => Promise<void>;
}

/** `address`: host:port, the last argument that the CLI starts a plugin with. */
export function engineHost(address: string): EngineHost {
  const client = new engineServices.EngineClient(address, grpc.credentials.createInsecure());
  let sent = Promise.resolve();
  const send = (severity: Severity, urn: string, message: string, ephemeral: boolean): void => {
    const request = new enginePb.LogRequest();
    request.setSeverity(severities[severity]).setUrn(urn).setMessage(message).setEphemeral(ephemeral);
    // One after the other, or the engine shows them in another order. A message that cannot be delivered must not fail
    // the operation that it is about.
    sent = sent.then(
      () =>
        new Promise((resolve) => {
          client.log(request, () => {
            resolve();
          });
        }),
    );
  };
  return {
    log: (severity, urn, message) => {
      send(severity, urn, message, false);
    },
    status: (severity, urn, message) => {
      send(severity, urn, message, true);
    },
    flush: () => sent,
  };
}
