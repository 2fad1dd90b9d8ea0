/** Installs the Debian packages that the lab needs and that are missing. Starts no service of a package. */
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { LabError } from "../errors.ts";
import { allPids, environmentOf, readOr } from "../machine/proc.ts";
import { OUTLIVES_MARKER, run } from "../machine/run.ts";
import type { Step } from "../machine/steps.ts";

/** Package → what the lab uses it for. */
const packages = {
  "bind9-dnsutils": "dig and nsupdate",
  bird2: "the router's BGP",
  buildah: "builds images without a daemon",
  "busybox-static": "the pause image and the test pods",
  chromium: "shows the status page to the tests",
  conntrack: "looks at the router's NAT entries",
  containerd: "the nodes' container runtime",
  "containernetworking-plugins": "the pods' network",
  coturn: "STUN over UDP, TCP and TLS",
  curl: "asks processes whether they are ready; in test pods",
  "dnsmasq-base": "the home router's resolver",
  "etcd-server": "the cluster's store",
  iproute2: "network namespaces, links, addresses",
  iptables: "NAT on the router, Services and masquerading on the nodes",
  knot: "the authoritative DNS server",
  kmod: "modprobe br_netfilter, where it is not built into the kernel",
  "miniupnpd-nftables": "the router's NAT-PMP, PCP and UPnP",
  natpmpc: "asks the router by NAT-PMP",
  nftables: "the router's table of port mappings",
  openssl: "the cluster's and the internet's certificates",
  prometheus: "scrapes the stack; and promtool, which checks metrics and alerts",
  runc: "starts the containers",
  "stun-server": "a STUN server of the older RFC 3489",
} as const;

const POLICY = "/usr/sbin/policy-rc.d";
const POLICY_TEXT = "#!/bin/sh\n# esddns-lab: no service starts while packages are being installed\nexit 101\n";

/**
 * Installs missing packages.
 * @throws {LabError} if apt cannot install them.
 */
export async function ensurePackages(step: Step): Promise<void> {
  if (!existsSync("/usr/bin/dpkg-query")) {
    throw new LabError("This machine is not a Debian one.", { hint: "the lab runs on Debian 12 and newer" });
  }
  await earlierRunEnded(step);
  const needed = Object.keys(packages);
  const missing = missingPackages(needed, await installed(step, needed));
  if (missing.length === 0) {
    removeOwnPolicy();
    step.progress(`all ${needed.length} are installed`);
    return;
  }
  step.progress(`installing ${missing.join(" ")}`);
  await withoutServices(async () => {
    // A dpkg that was killed half way leaves packages unpacked, and apt refuses to continue before they are set up.
    await apt(step, ["dpkg", "--configure", "-a"]);
    const install = ["apt-get", "install", "--yes", "--no-install-recommends", ...missing] as const;
    // Package lists may be missing on a new machine, or name versions that the archive no longer has.
    await apt(step, install).catch(async () => {
      step.progress("updating the package lists");
      await apt(step, ["apt-get", "update"]);
      await apt(step, install);
    });
  });
}

/** Returns the packages that are not fully installed, from dpkg-query's `PACKAGE STATUS-ABBREVIATION` lines. */
export function missingPackages(needed: readonly string[], dpkgLines: string): string[] {
  const present = new Set<string>();
  for (const line of dpkgLines.split("\n")) {
    const [name, status] = line.trim().split(/\s+/);
    if (name !== undefined && status === "ii") present.add(name);
  }
  return needed.filter((name) => !present.has(name));
}

async function installed(step: Step, names: readonly string[]): Promise<string> {
  // dpkg-query exits with 1 if it does not know one of the packages. Its output is correct all the same.
  return step.run(["sh", "-c", `dpkg-query -W -f='\${Package} \${db:Status-Abbrev}\\n' "$@" || true`, "sh", ...names]);
}

async function apt(step: Step, argv: readonly [string, ...string[]]): Promise<void> {
  const [program, ...args] = argv;
  const options = program === "apt-get" ? ["-o", "DPkg::Lock::Timeout=300", "-o", "Dpkg::Use-Pty=0"] : [];
  await step.run([program, ...options, ...args], { env: { DEBIAN_FRONTEND: "noninteractive" }, outlivesUs: true });
}

/**
 * Prevents packages from starting services. invoke-rc.d and deb-systemd-invoke ask policy-rc.d first, and start the
 * service if it does not exist.
 */
async function withoutServices(work: () => Promise<void>): Promise<void> {
  if (!existsSync(POLICY)) writeFileSync(POLICY, POLICY_TEXT, { mode: 0o755 });
  try {
    await work();
  } finally {
    removeOwnPolicy();
  }
}

function removeOwnPolicy(): void {
  if (readOr(POLICY, "") === POLICY_TEXT) rmSync(POLICY);
}

/**
 * Waits for an earlier installation. It continues when its run is killed, and until it has ended, dpkg lets no other
 * begin.
 */
async function earlierRunEnded(step: Step): Promise<void> {
  const running = () => allPids().some((pid) => environmentOf(pid, OUTLIVES_MARKER) !== undefined);
  if (!running()) return;
  step.progress("waiting for the installation that an earlier run began");
  while (running()) await sleep(200);
}

/**
 * Loads br_netfilter: a reply between two pods of one node then passes the rules that undo a Service's address
 * translation.
 */
export async function ensureKernel(): Promise<void> {
  if (existsSync("/proc/sys/net/bridge")) return;
  await run(["modprobe", "br_netfilter"]).catch((cause: unknown) => {
    throw new LabError("This kernel has no br_netfilter; Services between pods of one node would not work.", {
      cause,
      hint: "a kernel of the Debian package linux-image-amd64 has it",
    });
  });
}
