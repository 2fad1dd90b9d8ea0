import { type Condition, type PublishedRrset, type RecordType } from "@esddns/common/api";
import { clean, cleanValues } from "@esddns/common/text";
import type { Clock } from "../runtime/clock.ts";
import { parseAddress } from "@esddns/common/ip";
import type { Plausibility } from "@esddns/common/ip";
import { within } from "../runtime/wait.ts";
import { sameValues } from "./addresses.ts";
import { isAddressType } from "./ownedRrsets.ts";

/** The DNS queries that verification needs. Every query rejects if there is no answer. */
export interface Authority {
  /** Returns the host names of a zone's name servers. */
  nameServers(zone: string, signal: AbortSignal): Promise<readonly string[]>;
  /** Returns the addresses of a host, of both families. */
  addresses(host: string, signal: AbortSignal): Promise<readonly string[]>;
  /**
   * Asks the server at this address directly. Returns an empty list if the server answers that there is no such rrset.
   */
  ask(server: string, name: string, type: RecordType, signal: AbortSignal): Promise<readonly string[]>;
}

/** The condition Verified without its time and generation. */
export type VerificationVerdict = Pick<Condition, "status" | "message"> & {
  readonly reason: "Verified" | "Differs" | "NoAnswer" | "Pending";
};

interface PublishedRecord {
  readonly zone: string;
  readonly fqdn: string;
  readonly published: readonly PublishedRrset[];
}

interface Means {
  readonly authority: Authority;
  readonly mayContact: Plausibility["mayContact"];
  readonly clock: Clock;
}

type NameServerAnswer = { server: string; differs: string[] } | { server: string; problem: string };

/** Most name servers to ask. Gandi has three. */
const MAX_SERVERS = 8;
/** Most addresses to try for one server. One of two may be of a family that the cluster cannot reach. */
const MAX_ADDRESSES = 2;
/** Limits for finding the servers, and then for each server. All servers are asked at the same time. */
const LIMIT_MS = { find: 8_000, server: 12_000 } as const;

/**
 * Asks every name server of the zone directly whether it serves what was published. The status is True if every server
 * that answers does, False if one answers something else, and Unknown if none answers. Rejects only if the signal
 * aborts.
 */
export async function verify(
  subject: PublishedRecord,
  means: Means,
  signal: AbortSignal,
): Promise<VerificationVerdict> {
  let servers: readonly string[];
  try {
    servers = await within(means.clock, LIMIT_MS.find, signal, (limited) =>
      means.authority.nameServers(subject.zone, limited),
    );
  } catch (error) {
    signal.throwIfAborted();
    return noAnswer(`the name servers of ${subject.zone} cannot be found (${codeOf(error)})`);
  }
  const asked = [...servers].sort().slice(0, MAX_SERVERS);
  const answers = await Promise.all(
    asked.map(async (server) => ({ ...(await askInTime(server, subject, means, signal)), server: clean(server) })),
  );
  return judge(subject, answers);
}

async function askInTime(
  server: string,
  subject: PublishedRecord,
  means: Means,
  signal: AbortSignal,
): Promise<NameServerAnswer> {
  try {
    return await within(means.clock, LIMIT_MS.server, signal, (limited) => askServer(server, subject, means, limited));
  } catch (error) {
    signal.throwIfAborted();
    return { server, problem: codeOf(error) };
  }
}

async function askServer(
  server: string,
  subject: PublishedRecord,
  means: Means,
  signal: AbortSignal,
): Promise<NameServerAnswer> {
  const allowed = (await means.authority.addresses(server, signal)).filter((text) => {
    const address = parseAddress(text);
    return address !== undefined && means.mayContact(address).plausible;
  });
  let problem = "it has no address that is globally reachable";
  for (const address of allowed.slice(0, MAX_ADDRESSES)) {
    try {
      return { server, differs: await differences(address, subject, means, signal) };
    } catch (error) {
      signal.throwIfAborted();
      problem = codeOf(error);
    }
  }
  return { server, problem };
}

/** Returns how the server's answers differ from what was published, in words. */
async function differences(
  server: string,
  subject: PublishedRecord,
  means: Means,
  signal: AbortSignal,
): Promise<string[]> {
  const differs: string[] = [];
  for (const { type, values } of subject.published) {
    if (!isAddressType(type)) continue;
    const said = await means.authority.ask(server, subject.fqdn, type, signal);
    if (!sameValues(said, values)) differs.push(`${type} ${cleanValues([...said].sort()) || "nothing"}`);
  }
  return differs;
}

function judge({ published, fqdn }: PublishedRecord, answers: readonly NameServerAnswer[]): VerificationVerdict {
  const wanted = published.map(({ type, values }) => `${type} ${values.join(", ")}`).join(" and ");
  const silent = answers.flatMap((answer) => ("problem" in answer ? [`${answer.server} (${answer.problem})`] : []));
  const unasked = silent.length === 0 ? "" : ` No answer from ${silent.join(", ")}.`;
  const answered = answers.filter((answer) => "differs" in answer);
  if (answered.length === 0)
    return noAnswer(`no name server of the zone answers: ${silent.join(", ") || "it has none"}`);
  const wrong = answered.filter(({ differs }) => differs.length > 0);
  const right = answered.filter(({ differs }) => differs.length === 0).map(({ server }) => server);
  if (wrong.length === 0) {
    return { status: "True", reason: "Verified", message: `${right.join(", ")} say ${wanted}.${unasked}` };
  }
  const said = wrong.map(({ server, differs }) => `${server} says ${differs.join(" and ")}`).join("; ");
  const others = right.length === 0 ? "" : ` ${right.join(", ")} say ${wanted}.`;
  const message =
    `${fqdn} is not ${wanted} everywhere: ${said}.${others}${unasked} Servers take some minutes after a change; if this ` +
    "lasts, check that the domain's name servers are those of Gandi LiveDNS.";
  return { status: "False", reason: "Differs", message };
}

function noAnswer(why: string): VerificationVerdict {
  const message = `Not verified: ${why}. Check name resolution and port 53 out of the cluster if this lasts.`;
  return { status: "Unknown", reason: "NoAnswer", message };
}

/** Returns the error's code, never its text: the text may differ on each run and would change the condition. */
function codeOf(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  return error instanceof Error ? error.name : "unknown error";
}
