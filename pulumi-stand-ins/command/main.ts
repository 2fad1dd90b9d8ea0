/** A stand-in for `pulumi-resource-command`, for machines that cannot download the real plugin; see provider.ts. */
import { engineHost } from "../shared/engine.ts";
import { servePlugin } from "../shared/grpc.ts";
import { addProvider } from "../shared/serveProvider.ts";
import { commandProvider } from "./provider.ts";

const host = engineHost(process.argv.at(-1) ?? "");
const provider = commandProvider(host, process.env);
await servePlugin((server) => {
  addProvider(server, provider, host.flush);
}, provider.cancel);
