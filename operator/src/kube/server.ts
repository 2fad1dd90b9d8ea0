import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../runtime/clock.ts";
import { EsddnsError } from "../runtime/errors.ts";

/** Where the API server is and how to show who asks. */
export interface KubeServer {
  /** For instance https://[fd00:96::1]:443, without a path. */
  readonly origin: string;
  /** PEM of the authorities that may vouch for the server; undefined only for plain http in tests. */
  readonly ca: string | undefined;
  readonly token: TokenSource;
}

/** The bearer token; `refused` says that the server no longer takes the last one. */
export interface TokenSource {
  current(): Promise<string>;
  refused(): void;
}

/** Milliseconds for which a token is used before its file is read again, as in client-go. */
const TOKEN_MAX_AGE_MS = 60_000;

/** The origin of the API server from the variables that the kubelet sets in every pod. IPv6 hosts come bare. */
export function serverOrigin(host: string, port: number): string {
  return `https://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/**
 * The server as a pod sees it. `serviceAccountDir` holds `token` and `ca.crt`; the kubelet replaces the token about
 * hourly. Rejects with ESDDNS_SERVICE_ACCOUNT when the certificate cannot be read.
 */
export async function inClusterServer(
  options: { host: string; port: number; serviceAccountDir: string },
  clock: Clock,
): Promise<KubeServer> {
  return {
    origin: serverOrigin(options.host, options.port),
    ca: await readAccountFile(join(options.serviceAccountDir, "ca.crt")),
    token: fileToken(join(options.serviceAccountDir, "token"), clock),
  };
}

/** A token read from `path`, again after a minute or as soon as it was refused. */
export function fileToken(path: string, clock: Clock): TokenSource {
  let cached: { token: string; readAt: number } | undefined;
  return {
    current: async () => {
      if (cached === undefined || clock.monotonic() - cached.readAt >= TOKEN_MAX_AGE_MS) {
        cached = { token: (await readAccountFile(path)).trim(), readAt: clock.monotonic() };
      }
      return cached.token;
    },
    refused: () => {
      cached = undefined;
    },
  };
}

async function readAccountFile(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new EsddnsError("ESDDNS_SERVICE_ACCOUNT", `cannot read ${path}, which the kubelet mounts into every pod`, {
      cause,
      retryable: true,
    });
  }
}
