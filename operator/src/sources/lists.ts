import { asks, type DetectionSpec, STUN_SERVERS, type StunServer } from "@esddns/common/api";
import { clean } from "@esddns/common/text";
import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/log.ts";
import { backoffMs, pause, within } from "../runtime/wait.ts";
import type { ContactDeps } from "./contact.ts";
import { contactOf } from "./contact.ts";
import type { HttpsGet } from "./httpsGet.ts";
import { parseHostList } from "./listText.ts";
import { createPlausibility } from "@esddns/common/ip";

export interface ListDeps extends ContactDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly get: HttpsGet;
}

/** The lists are a few KiB long. */
const MAX_BYTES = 256 * 1024;
const DOWNLOAD_MS = 20_000;
/** How often the lists are checked for work. Rounds never wait for it. */
const TICK_MS = 10_000;
const DAY_MS = 86_400_000;
/** After a failure, milliseconds. */
const RETRY = { baseMs: 600_000, maxMs: 6 * 3_600_000 };

const TRANSPORTS = ["udp", "tcp"] as const;
type ListTransport = (typeof TRANSPORTS)[number];

interface List {
  readonly url: string;
  /** From the last good download, without the servers of the built-in list. Empty before the first download. */
  servers: readonly StunServer[];
  /** The same servers in today's random order. The first ones are asked. */
  today: readonly StunServer[];
  failures: number;
  /** On the monotonic clock. */
  nextAt: number;
}

/**
 * Keeps the downloaded lists of STUN servers. Each is fetched once a day, at a time of this pod's own, and the old list
 * stays if that fails. Each day other servers are drawn at random, so that all of them share the load and a broken one
 * does not stay.
 */
export class StunLists {
  readonly #deps: ListDeps;
  readonly #lists = new Map<ListTransport, List>();

  constructor(deps: ListDeps) {
    this.#deps = deps;
  }

  /** Returns the servers to ask today, within the limits of the spec. Empty before the first download. Never waits. */
  servers(spec: DetectionSpec): StunServer[] {
    return TRANSPORTS.flatMap((transport) => {
      const { url, limit } = wanted(spec, transport);
      const list = this.#lists.get(transport);
      return list?.url === url ? list.today.slice(0, limit) : [];
    });
  }

  /**
   * Keeps the lists until the signal aborts. Failures are logged and tried again later.
   *
   * @param spec returns the current settings. Undefined: not known yet
   */
  async run(spec: () => DetectionSpec | undefined, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const current = spec();
      if (current !== undefined) {
        for (const transport of TRANSPORTS) await this.#keep(transport, current, signal);
      }
      await pause(this.#deps.clock, TICK_MS, signal);
    }
  }

  async #keep(transport: ListTransport, spec: DetectionSpec, signal: AbortSignal): Promise<void> {
    const { clock, log, random } = this.#deps;
    const { url, limit } = wanted(spec, transport);
    if (url === "" || limit === 0) {
      this.#lists.delete(transport);
      return;
    }
    const known = this.#lists.get(transport);
    const list = known?.url === url ? known : { url, servers: [], today: [], failures: 0, nextAt: 0 };
    this.#lists.set(transport, list);
    if (clock.monotonic() < list.nextAt) return;
    const result = await this.#download(url, transport, spec, signal);
    if (signal.aborted) return;
    if (result.ok) {
      list.servers = result.servers;
      list.failures = 0;
      // A tenth more or less, so that not all pods in the world come at once.
      list.nextAt = clock.monotonic() + DAY_MS * (0.9 + 0.2 * random());
      log.info({ url, servers: list.servers.length }, "list of STUN servers read");
    } else {
      list.nextAt = clock.monotonic() + backoffMs(list.failures++, RETRY, random);
      log.warn({ url, reason: clean(result.reason), kept: list.servers.length }, "list of STUN servers not read");
    }
    list.today = shuffled(list.servers, random);
  }

  async #download(
    url: string,
    transport: ListTransport,
    spec: DetectionSpec,
    signal: AbortSignal,
  ): Promise<{ ok: true; servers: StunServer[] } | { ok: false; reason: string }> {
    try {
      return await within(this.#deps.clock, DOWNLOAD_MS, signal, (inner) => this.#fetch(url, transport, spec, inner));
    } catch (error) {
      return { ok: false, reason: error instanceof Error ? error.message : String(error) };
    }
  }

  async #fetch(
    url: string,
    transport: ListTransport,
    spec: DetectionSpec,
    signal: AbortSignal,
  ): Promise<{ ok: true; servers: StunServer[] } | { ok: false; reason: string }> {
    const parsed = URL.parse(url);
    if (parsed?.protocol !== "https:") return { ok: false, reason: "not an https:// URL" };
    const plausibility = createPlausibility(spec);
    let reason = "";
    for (const family of spec.families) {
      const host = parsed.hostname.replace(/^\[|\]$/g, "");
      const contact = await contactOf(host, family, plausibility, this.#deps, signal);
      const answer = contact.ok ? await this.#deps.get(parsed, contact.address, MAX_BYTES, signal) : contact;
      if (!answer.ok) {
        reason = [reason, `${family}: ${answer.outcome}, ${answer.detail}`].filter((text) => text !== "").join("; ");
        continue;
      }
      const servers = parseHostList(answer.body.toString("latin1"), transport);
      if (servers === undefined) return { ok: false, reason: "the text is no list of host:port" };
      return { ok: true, servers: unknownOf(servers) };
    }
    return { ok: false, reason };
  }
}

/** Returns no list if STUN is off, or if the configuration names the servers to ask. */
function wanted(spec: DetectionSpec, transport: ListTransport): { url: string; limit: number } {
  const { stun } = spec;
  if (!asks(spec, "stun") || stun.servers !== undefined) return { url: "", limit: 0 };
  return transport === "udp"
    ? { url: stun.udpHostListUrl, limit: stun.udpLimit }
    : { url: stun.tcpHostListUrl, limit: stun.tcpLimit };
}

/** Returns each server once, without the hosts of the built-in list: their organisations are known. */
function unknownOf(servers: readonly StunServer[]): StunServer[] {
  const builtIn = new Set(STUN_SERVERS.map(({ host }) => host));
  const others = servers.filter(({ host }) => !builtIn.has(host));
  return [...new Map(others.map((server) => [`${server.host}:${server.port}`, server])).values()];
}

/** Shuffles by the method of Fisher and Yates. */
function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [result[i], result[j]] = [result[j] as T, result[i] as T];
  }
  return result;
}
