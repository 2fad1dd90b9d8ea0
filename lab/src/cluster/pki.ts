/** The cluster's certificate authority, its certificates and the key that signs service account tokens. */
import { generateKeyPairSync } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { nodes } from "../network/hosts.ts";
import { stateDir } from "../paths.ts";
import { run } from "../machine/run.ts";
import { lan } from "../topology.ts";

const pkiDir = join(stateDir, "pki", "cluster");

export const ca = join(pkiDir, "ca.crt");
export const caKey = join(pkiDir, "ca.key");
export const serviceAccountKey = join(pkiDir, "service-accounts.key");
export const serviceAccountPublicKey = join(pkiDir, "service-accounts.pub");

interface Certificate {
  readonly name: string;
  readonly commonName: string;
  /** Kubernetes reads the organisations of a client's certificate as its groups. */
  readonly organization?: string;
  /** Of a server's certificate: `DNS:…` and `IP:…`. */
  readonly alternativeNames?: readonly string[];
}

export const crt = (name: string): string => join(pkiDir, `${name}.crt`);
export const key = (name: string): string => join(pkiDir, `${name}.key`);

/** The first address of each service range is that of the Service `kubernetes`. */
const apiServerNames = [
  ...["kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"].map(
    (name) => `DNS:${name}`,
  ),
  ...["127.0.0.1", "10.96.0.1", "fd00:96::1", lan.node1.ipv4, lan.node1.ipv6].map((address) => `IP:${address}`),
];

const certificates: readonly Certificate[] = [
  { name: "kube-apiserver", commonName: "kube-apiserver", alternativeNames: apiServerNames },
  { name: "kube-apiserver-kubelet-client", commonName: "kube-apiserver", organization: "system:masters" },
  { name: "admin", commonName: "admin", organization: "system:masters" },
  { name: "kube-controller-manager", commonName: "system:kube-controller-manager" },
  { name: "kube-scheduler", commonName: "system:kube-scheduler" },
  { name: "kube-proxy", commonName: "system:kube-proxy" },
  ...nodes.map((node) => ({
    name: `kubelet-${node.name}`,
    commonName: `system:node:${node.name}`,
    organization: "system:nodes",
    alternativeNames: [`DNS:${node.name}`, `IP:${node.ipv4}`, `IP:${node.ipv6}`],
  })),
];

/** All or nothing: the folder gets its name once every file is in it. */
export async function ensurePki(): Promise<void> {
  if (existsSync(pkiDir)) return;
  const dir = `${pkiDir}.part`;
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const keyPair = generateKeyPairSync("ec", {
    namedCurve: "prime256v1",
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  await writeFile(join(dir, "service-accounts.key"), keyPair.privateKey, { mode: 0o600 });
  await writeFile(join(dir, "service-accounts.pub"), keyPair.publicKey);
  // With a config of its own, none of the machine's openssl.cnf gets into the certificates.
  await writeFile(join(dir, "openssl.cnf"), "[req]\ndistinguished_name = name\n[name]\n");
  await issue(dir, "ca", "/CN=esddns lab cluster", [
    "basicConstraints=critical,CA:TRUE",
    "keyUsage=critical,keyCertSign",
  ]);
  await Promise.all(certificates.map((certificate) => issueSigned(dir, certificate)));
  await rename(dir, pkiDir);
}

async function issueSigned(dir: string, certificate: Certificate): Promise<void> {
  const { name, commonName, organization, alternativeNames = [] } = certificate;
  const subject = `${organization === undefined ? "" : `/O=${organization}`}/CN=${commonName}`;
  const extensions = ["basicConstraints=critical,CA:FALSE", "extendedKeyUsage=clientAuth,serverAuth"];
  if (alternativeNames.length > 0) extensions.push(`subjectAltName=${alternativeNames.join(",")}`);
  await issue(dir, name, subject, extensions, ["-CA", "ca.crt", "-CAkey", "ca.key"]);
}

async function issue(
  dir: string,
  name: string,
  subject: string,
  extensions: string[],
  signer: string[] = [],
): Promise<void> {
  const keyOptions = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", `${name}.key`];
  await run(
    [
      ...(["openssl", "req", "-x509", "-config", "openssl.cnf", "-days", "3650", "-subj", subject] as const),
      ...extensions.flatMap((extension) => ["-addext", extension]),
      ...keyOptions,
      ...signer,
      ...["-out", `${name}.crt`],
    ],
    { cwd: dir },
  );
}
