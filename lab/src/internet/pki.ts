import { createPrivateKey, X509Certificate } from "node:crypto";
import { chmod, mkdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { run } from "../machine/run.ts";
import { caCertificate, caKey, readIfThere, tlsFiles, type KeyPair } from "./files.ts";

const DAY_MS = 86_400_000;
const OPENSSL_TIMEOUT_MS = 30_000;
const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"] as const;

/** Makes the CA of the lab's internet, unless a good one is there. Nothing outside the lab trusts it. */
export async function ensureCa(): Promise<void> {
  if (await isGood({ certificate: caCertificate, key: caKey }, { issuer: undefined, names: [] })) return;
  await replace({ certificate: caCertificate, key: caKey }, async (fresh) => {
    const extensions = ["basicConstraints=critical,CA:TRUE,pathlen:0", "keyUsage=critical,keyCertSign,cRLSign"];
    await openssl(
      ["req", "-x509", ...curve, "-days", "3650", "-subj", "/O=ESDDNS lab/CN=ESDDNS lab internet CA"],
      [
        ...extensions.flatMap((extension) => ["-addext", extension]),
        ...["-keyout", fresh.key, "-out", fresh.certificate],
      ],
    );
  });
}

/** Makes the certificate of a host for its names, unless a good one is there. Needs the CA. */
export async function ensureCertificate(hostName: string, names: readonly [string, ...string[]]): Promise<void> {
  const files = tlsFiles(hostName);
  const issuer = new X509Certificate((await readIfThere(caCertificate)) ?? "");
  if (await isGood(files, { issuer, names })) return;
  await replace(files, async (fresh) => {
    const request = `${files.certificate}.csr`;
    const alternatives = `subjectAltName=${names.map((name) => `DNS:${name}`).join(",")}`;
    await openssl(
      ["req", "-new", ...curve, "-subj", `/O=ESDDNS lab/CN=${names[0]}`],
      ["-addext", alternatives, "-addext", "extendedKeyUsage=serverAuth", "-keyout", fresh.key, "-out", request],
    );
    await openssl(
      ["x509", "-req", "-in", request, "-CA", caCertificate, "-CAkey", caKey, "-copy_extensions", "copy"],
      ["-days", "397", "-out", fresh.certificate],
    );
    await rm(request);
  });
}

/** Whether certificate and key belong together, are valid for a month more, and are by that issuer for those names. */
async function isGood(
  files: KeyPair,
  wanted: { issuer: X509Certificate | undefined; names: readonly string[] },
): Promise<boolean> {
  const [certificate, key] = await Promise.all([readIfThere(files.certificate), readIfThere(files.key)]);
  if (certificate === undefined || key === undefined) return false;
  try {
    const x509 = new X509Certificate(certificate);
    return (
      x509.checkPrivateKey(createPrivateKey(key)) &&
      x509.verify((wanted.issuer ?? x509).publicKey) &&
      x509.validToDate.getTime() > Date.now() + 30 * DAY_MS &&
      wanted.names.every((name) => x509.checkHost(name) !== undefined)
    );
  } catch {
    return false;
  }
}

/** Writes both files aside and moves them in place; `isGood` notices where only one move was done. */
async function replace(files: KeyPair, make: (fresh: KeyPair) => Promise<void>): Promise<void> {
  await mkdir(dirname(files.certificate), { recursive: true });
  const fresh = { certificate: `${files.certificate}.new`, key: `${files.key}.new` };
  await make(fresh);
  await chmod(fresh.key, 0o600);
  await rename(fresh.key, files.key);
  await rename(fresh.certificate, files.certificate);
}

async function openssl(subcommand: readonly string[], rest: readonly string[]): Promise<void> {
  await run(["openssl", ...subcommand, ...rest], { timeoutMs: OPENSSL_TIMEOUT_MS });
}
