import type { DetectionSpec, Family, Vote, VoteOutcome } from "@esddns/common/api";
import { detectionSpec } from "@esddns/common/api";

type Overrides = Partial<Omit<DetectionSpec, "stun" | "https">> & {
  readonly stun?: Partial<DetectionSpec["stun"]>;
  readonly https?: Partial<DetectionSpec["https"]>;
};

/** Returns the default spec with a test's overrides. */
export function spec(overrides: Overrides = {}): DetectionSpec {
  const defaults = detectionSpec.parse({});
  const { stun, https, ...rest } = overrides;
  return { ...defaults, ...rest, stun: { ...defaults.stun, ...stun }, https: { ...defaults.https, ...https } };
}

/** `Org:address`, with `!` in front if the answer was authenticated. The address may be missing. */
export function vote(text: string, outcome: VoteOutcome = "Ok"): Vote {
  const authenticated = text.startsWith("!");
  const [, organisation = "", address = ""] = /^!?([^:]*):(.*)$/.exec(text) ?? [];
  const family: Family = address.includes(":") ? "IPv6" : "IPv4";
  const host = organisation.toLowerCase();
  return {
    source: authenticated ? `https://${host}/` : `stun:${host}:3478?transport=udp`,
    organisation,
    transport: authenticated ? "https" : "udp",
    family,
    ...(address === "" ? {} : { address }),
    authenticated,
    outcome,
  };
}

export function votes(text: string): Vote[] {
  return text === "" ? [] : text.split(/\s+/).map((part) => vote(part));
}
