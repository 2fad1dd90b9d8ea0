/** A stand-in for `pulumi-resource-random`, for machines that cannot download the real plugin; see provider.ts. */
import { servePlugin } from "../shared/grpc.ts";
import { addProvider } from "../shared/serveProvider.ts";
import { randomProvider } from "./provider.ts";

const provider = randomProvider();
await servePlugin((server) => {
  addProvider(server, provider);
}, provider.cancel);
