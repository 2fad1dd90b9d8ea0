/** Checks of the sources that the operator asks, and of the WAN address. */
import { conditionOf } from "@esddns/common/cluster";
import type { Vote, VoteOutcome } from "@esddns/common/api";
import { WANTED_EGRESS } from "../../decide/conditions.ts";
import { validObservations } from "../../decide/verdicts.ts";
import type { Facts } from "../read/facts.ts";
import { type DoctorFinding, ok, unknown, unread, warn, wrong } from "../finding.ts";

/** The wanted status of each condition of the WanAddress, and what to do about another one. */
const EXPECTED: readonly (readonly [type: string, wanted: string, todo: string])[] = [
  ["Ready", "True", "Look at the votes below: which transports get answers, and what do they say?"],
  [
    "Agreed",
    "True",
    "The last good address is kept. kubectl get wanobservations -o yaml shows every vote; one odd organisation can be left out by esddns:detection.stun.servers.",
  ],
  [
    "MultipleEgress",
    "False",
    "The nodes leave by different routers. Give them one way out, or choose in esddns:detection.multiWan: nothing is published while they differ.",
  ],
  [
    "FamilyUnavailable",
    "False",
    "Pods have no way out by that family. If that is meant, leave it out of esddns:detection.families.",
  ],
  [
    "BehindNAT",
    "False",
    "The router has no public address itself: nobody outside reaches you by this one. Ask the provider for a public address.",
  ],
  ["Unauthenticated", "False", "Allow TCP 443 out, so that an authenticated vote can be had."],
];

export function conditions({ wan, namespace }: Facts): DoctorFinding {
  if (!wan.read)
    return wan.reason === "Forbidden"
      ? unread(wan)
      : wrong(wan.why, `There should be one: kubectl get wan -n ${namespace}. pulumi up makes it.`);
  const { status } = wan.value;
  const found = EXPECTED.flatMap(([type, wanted, todo]) => {
    const condition = conditionOf(status, type);
    if (condition === undefined || condition.status === "Unknown" || condition.status === wanted) return [];
    if (WANTED_EGRESS.includes(condition.reason)) return [];
    return [
      {
        serious: type === "Ready",
        saw: `${type} is ${condition.status} (${condition.reason}): ${condition.message}`,
        todo,
      },
    ];
  });
  const address = [status?.ipv4, status?.ipv6Prefix].filter((one) => one !== undefined).join(", ");
  const [first] = found;
  if (first === undefined)
    return address === ""
      ? wrong("no address is known yet", "Wait a minute; then look at the votes below.")
      : ok(address);
  const text = [address === "" ? "no address" : address, ...found.map(({ saw }) => saw)].join("; ");
  const todo = found.map((one) => one.todo).join("\n");
  return found.some(({ serious }) => serious) ? wrong(text, todo) : warn(text, todo);
}

const NEEDS: Readonly<Record<string, string>> = {
  udp: "UDP out to ports 3478 and 19302",
  tcp: "TCP out to port 3478",
  tls: "TCP out to port 5349",
  https: "TCP out to port 443",
  "nat-pmp": "UDP 5351 to the router, and NAT-PMP switched on there",
  pcp: "UDP 5351 to the router, and PCP switched on there",
};

/** Checks whether STUN servers answer the nodes, by transport. */
export function stun(facts: Facts): DoctorFinding {
  const { observations, now } = facts;
  if (observations.read && validObservations(observations.value, now).length === 0) {
    const todo = "Are the operator's pods ready? Their logs say why nothing is written.";
    return wrong("no node has reported lately", todo);
  }
  return reached(facts, ["udp", "tcp", "tls"], { whom: "STUN servers" });
}

/** Checks the echo services in the same way: at least one authenticated answer is needed. */
export function echo(facts: Facts): DoctorFinding {
  return reached(facts, ["https"], { whom: "HTTPS echo services" });
}

/**
 * Checks the router in the same way, if it is asked. A private address counts as an answer, and so does "none": the
 * condition BehindNAT interprets it.
 */
export function router(facts: Facts): DoctorFinding {
  const behindNat = facts.wan.read ? conditionOf(facts.wan.value.status, "BehindNAT") : undefined;
  if (behindNat?.reason === "RouterHasNoAddress") {
    const todo = "Look there; where it is a private one or of 100.64.0.0/10, ask the provider for a public address.";
    return warn(`the router answers, but tells no address: ${behindNat.message}`, todo);
  }
  const finding = reached(facts, ["nat-pmp", "pcp"], {
    whom: "the router",
    verb: "answers",
    answers: ["Ok", "Implausible"],
  });
  return finding.state === "unknown" ? ok("not asked (detection.router)") : finding;
}

interface Reached {
  readonly whom: string;
  readonly verb?: string;
  /** The outcomes that count as an answer. */
  readonly answers?: readonly VoteOutcome[];
}

function reached(
  { observations, now }: Facts,
  transports: readonly string[],
  { whom, verb = "answer", answers: counting = ["Ok"] }: Reached,
): DoctorFinding {
  if (!observations.read) return unread(observations);
  const all = validObservations(observations.value, now)
    .flatMap(({ votes }) => votes)
    .filter(({ transport }) => transports.includes(transport));
  const used = transports.filter((transport) => all.some((vote) => vote.transport === transport));
  if (used.length === 0) return unknown(`${whom} were not asked in the last round`);
  const answers = used.map((transport) => {
    const votes = all.filter((vote) => vote.transport === transport);
    return { transport, answered: votes.filter(({ outcome }) => counting.includes(outcome)).length, votes };
  });
  const saw = `${whom} ${verb}: ${answers.map(({ transport, answered, votes }) => `${transport} ${answered} of ${votes.length}`).join(", ")}`;
  const silent = answers.filter(({ answered }) => answered === 0);
  if (silent.length === 0) return ok(saw);
  const todo = silent.map(
    ({ transport, votes }) => `${transport}: ${outcomes(votes)}. It needs ${NEEDS[transport] ?? transport}.`,
  );
  return (silent.length === answers.length ? wrong : warn)(saw, todo.join("\n"));
}

function outcomes(votes: readonly Vote[]): string {
  return [...new Set(votes.map(({ outcome }) => outcome))].sort().join(", ");
}
