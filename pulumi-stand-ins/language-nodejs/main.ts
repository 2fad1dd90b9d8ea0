/**
 * A stand-in for `pulumi-language-nodejs`, the program with which the Pulumi CLI runs programs on Node.js, for machines
 * that cannot download the real one. Where that stands beside the CLI, it is used.
 */
import { servePlugin } from "../shared/grpc.ts";
import { languageHost } from "./host.ts";

const host = languageHost(process.argv.at(-1) ?? "");
await servePlugin(host.addTo, host.stop);
