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

/** `address`: host:port, the last argument that the CLI starts a plugin with. */
export function engineHost(address: string): Host {
  const client = new engineServices.EngineClient(address, grpc.credentials.createInsecure());
  const send = (severity: Severity, urn: string, message: string, ephemeral: boolean): void => {
    const request = new enginePb.LogRequest();
    request.setSeverity(severities[severity]).setUrn(urn).setMessage(message).setEphemeral(ephemeral);
    // A message that cannot be delivered must not fail the operation that it is about.
    client.log(request, () => undefined);
  };
  return {
    log: (severity, urn, message) => {
      send(severity, urn, message, false);
    },
    status: (severity, urn, message) => {
      send(severity, urn, message, true);
    },
  };
}
