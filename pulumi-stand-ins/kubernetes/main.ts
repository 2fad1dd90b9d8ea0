/**
 * A stand-in for `pulumi-resource-kubernetes`, for machines that cannot download the real plugin: the calls that this
 * project's program makes, answered as the real one answered them (fixtures/). Where the real one is installed, it is used.
 */
import { engineHost } from "../shared/engine.ts";
import { servePlugin } from "../shared/grpc.ts";
import { systemClock } from "../shared/clock.ts";
import { addProvider } from "../shared/serveProvider.ts";
import { runHelm } from "./helm/cli.ts";
import { kubernetesProvider } from "./provider.ts";

const host = engineHost(process.argv.at(-1) ?? "");
const provider = kubernetesProvider({ host, clock: systemClock, helm: runHelm, env: process.env });
await servePlugin((server) => {
  addProvider(server, provider, host.flush);
}, provider.cancel);
