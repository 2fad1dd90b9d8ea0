/** NAT-PMP, PCP and UPnP of the lab's router, by a real miniupnpd. */
import { join } from "node:path";
import { configured } from "../../internet/configured.ts";
import { put } from "../../internet/files.ts";
import { stateDir } from "../../paths.ts";
import { ensureRunning } from "../../machine/processes.ts";
import { onHost, run, shellOnHost } from "../../machine/run.ts";
import type { Service } from "../../machine/service.ts";
import type { Step } from "../../machine/steps.ts";
import { lan } from "../../topology.ts";
import { readWan } from "../../network/wan.ts";
import { renderMiniupnpd, renderTable, TABLE, toldAddress } from "./config.ts";

const dir = join(stateDir, "portmap");
const files = {
  config: join(dir, "miniupnpd.conf"),
  table: join(dir, "mappings.nft"),
  pid: join(dir, "miniupnpd.pid"),
} as const;

/** Needs the provider's STUN server: without an answer of it miniupnpd ends. */
export async function ensurePortMapping(step: Step): Promise<void> {
  await put(files.config, renderMiniupnpd());
  await put(files.table, renderTable());
  // Loaded for a second time, the table would jump to its chains twice.
  await shellOnHost(lan.router.name, `nft list table inet ${TABLE} >/dev/null 2>&1 || nft -f ${files.table}`);
  await ensureRunning([await configured(miniupnpd(), [files.config, files.table])], step);
}

function miniupnpd(): Service {
  return {
    name: "miniupnpd",
    host: lan.router.name,
    // The file of one that was killed would keep it from starting once somebody else has that process id.
    // -d: it stays in the foreground, and says what it is asked.
    command: ["sh", "-c", 'rm -f "$0" && exec /usr/sbin/miniupnpd -d -f "$1" -P "$0"', files.pid, files.config],
    ready: async () => {
      const { ipv4 } = await readWan();
      const told = await addressByNatPmp();
      if (told !== ipv4) throw new Error(`by NAT-PMP the router tells ${told ?? "no address"}, not ${ipv4}`);
    },
  };
}

async function addressByNatPmp(): Promise<string | undefined> {
  const ask = onHost(lan.client.name, ["natpmpc", "-g", lan.router.ipv4]);
  // It exits with 1 where it has no answer, and says why where nobody reads it.
  return toldAddress(await run(ask, { timeoutMs: 4_000 }).catch(() => ""));
}
