import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../runtime/clock.ts";
import { EsddnsError } from "../runtime/errors.ts";

/** The address of the API server, and the credentials for it. */
export interface KubeServer {
  /** For example https://[fd00:96::1]:443, without a path. */
  readonly origin: string;
  /** PEM of the authorities that may vouch for the server. Undefined only for plain http in tests. */
  readonly ca: string | undefined;
  readonly token: TokenSource;
}

/** The bearer token. `refused` reports that the server no longer accepts the last one. */
export interface TokenSource {
  current(): Promise<string>;
  refused(): void;
}

/** How long a token is used before its file is read again, as in client-go. Milliseconds. */
const TOKEN_MAX_AGE_MS = 60_000;

/**
 * Returns the origin of the API server from the variables that the kubelet sets in every pod. IPv6 hosts have no
 * brackets there.
 */
export function serverOrigin(host: string, port: number): string {
  return `https://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/**
 * Returns the server as a pod sees it. `serviceAccountDir` contains `token` and `ca.crt`. The kubelet replaces the
 * token about hourly. Rejects with ESDDNS_SERVICE_ACCOUNT if the certificate cannot be read.
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

/** Reads the token from `path`, and again after a minute or when it was refused. */
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
