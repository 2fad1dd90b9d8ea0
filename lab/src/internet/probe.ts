import { onHost, run, type Argv } from "../machine/run.ts";

/** Long for one answer in the lab, even on a busy machine; who asks does so again and again. */
const TIMEOUT_MS = 4_000;

/** turnutils_stunclient sends once and waits for ever, so a question that comes too early costs all of this. */
const STUN_TIMEOUT_MS = 1_000;

/** Runs a program on a host; its standard output. Rejects when it fails or hangs. */
async function runOn(host: string, command: Argv, { input = "", timeoutMs = TIMEOUT_MS } = {}): Promise<string> {
  return run(onHost(host, command), { timeoutMs, input });
}

/** Rejects unless the DNS server at `server`, asked from `host`, gives exactly this one answer. */
export async function expectDns(
  host: string,
  server: string,
  query: readonly [name: string, type: string],
  expected: string,
): Promise<void> {
  const answer = await runOn(host, ["dig", `@${server}`, ...query, "+short", "+time=2", "+tries=1"]);
  if (answer.trim() !== expected) {
    throw new Error(`${server} answers "${answer.trim()}" for ${query.join(" ")}, not "${expected}"`);
  }
}

/** Rejects unless the STUN server at `server` (UDP) tells the host that asks its own address. */
export async function expectStun(host: string, server: string, port: number, ownAddress: string): Promise<void> {
  const report = await runOn(host, ["turnutils_stunclient", "-p", String(port), server], {
    timeoutMs: STUN_TIMEOUT_MS,
  });
  if (!report.includes(`reflexive addr: ${ownAddress}:`)) throw new Error(`${server}:${port} said: ${report.trim()}`);
}

/** Rejects unless TLS to `address` ends with a certificate that `caFile` vouches for and that is for `name`. */
export async function expectTls(
  host: string,
  address: string,
  port: number,
  name: string,
  caFile: string,
): Promise<void> {
  const peer = address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
  const verify = ["-CAfile", caFile, "-verify_return_error", "-verify_hostname", name];
  await runOn(host, ["openssl", "s_client", "-connect", peer, "-servername", name, "-brief", ...verify]);
}

/**
 * GETs `https://NAME/PATH` from exactly that address.
 * @param header one header line, which stays out of the command line
 * @returns the body; rejects on any status but 2xx and on a certificate that `caFile` does not vouch for
 */
export async function getHttps(
  host: string,
  request: { address: string; name: string; path: string; caFile: string; header?: string },
): Promise<string> {
  const { address, name, path, caFile, header = "" } = request;
  const pinned = address.includes(":") ? `[${address}]` : address;
  const options = ["--silent", "--show-error", "--fail", "--max-time", "3", "--noproxy", "*", "--header", "@-"];
  return runOn(
    host,
    ["curl", ...options, "--cacert", caFile, "--resolve", `${name}:443:${pinned}`, `https://${name}${path}`],
    { input: header },
  );
}
