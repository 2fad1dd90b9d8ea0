import type { DetectionSpec, Family, Vote, WanObservation } from "@esddns/common/api";
import { valueOf } from "../decide/quorum.ts";
import { badge, plural, quiet, section, time } from "./elements.ts";
import { type Html, markup } from "./markup.ts";
import { agreedValues, severalLinesWanted, type Snapshot } from "../snapshot/snapshot.ts";

/** Renders one card per family: the address, since when it holds, and how well the current observations support it. */
export function addresses({ wan, now }: Snapshot, valid: readonly WanObservation[]): Html {
  const wanted = wan?.spec.families ?? [];
  const card = (family: Family): Html => {
    const value = family === "IPv4" ? wan?.status?.ipv4 : wan?.status?.ipv6Prefix;
    const several = family === "IPv4" ? wan?.status?.ipv4Addresses : wan?.status?.ipv6Prefixes;
    const full = family === "IPv6" ? wan?.status?.ipv6 : undefined;
    const last = wan?.status?.history?.find((change) => change.family === family);
    return markup`<article class="card">
    <h3>${family}${family === "IPv6" && value !== undefined && " prefix"}</h3>
    <p class="address">${value ?? quiet(wanted.includes(family) ? "not known" : "not looked for")}</p>
    ${several !== undefined && markup`<p>All of them: <span class="mono">${several.join(", ")}</span></p>`}
    ${full !== undefined && markup`<p>All nodes: <span class="mono">${full}</span></p>`}
    ${value !== undefined && wan !== undefined && markup`<p>${certainty(support(valid, family, agreedValues(wan.status, family), wan.spec), severalLinesWanted(wan.status))}</p>`}
    ${value !== undefined && last !== undefined && markup`<p class="quiet">Since ${time(last.time, now)}<br />Told by ${last.organisations.join(", ")}</p>`}
  </article>`;
  };
  return section("address", "WAN address", markup`<div class="cards">${card("IPv4")} ${card("IPv6")}</div>`);
}

interface Support {
  /** Organisations that give one of the values now, on any node, and how many of them do so over verified TLS. */
  readonly agreeing: number;
  readonly authenticated: number;
  /** Organisations that give another value. */
  readonly differing: readonly string[];
  readonly nodes: number;
  readonly allNodes: number;
}

/** Counts how well the observations support the values. */
function support(
  observations: readonly { votes: readonly Vote[] }[],
  family: Family,
  values: readonly string[],
  { prefixLength }: Pick<DetectionSpec, "prefixLength">,
): Support {
  const counted = observations.map(({ votes }) =>
    votes.filter((vote) => vote.family === family && valueOf(vote, prefixLength) !== undefined),
  );
  const says = (vote: Vote): boolean => values.includes(valueOf(vote, prefixLength) ?? "");
  const all = counted.flat();
  const names = (votes: readonly Vote[]): string[] => [...new Set(votes.map(({ organisation }) => organisation))];
  return {
    agreeing: names(all.filter(says)).length,
    authenticated: names(all.filter((vote) => says(vote) && vote.authenticated)).length,
    differing: names(all.filter((vote) => !says(vote))).sort(),
    nodes: counted.filter((votes) => votes.some(says)).length,
    allNodes: observations.length,
  };
}

/** @param lines whether the configuration lets nodes leave by different lines. Then another line is no contradiction */
function certainty({ agreeing, authenticated, differing, nodes, allNodes }: Support, lines: boolean): Html {
  if (agreeing === 0)
    return markup`${badge("warn", "not confirmed")} nobody says so at present; the last good value stays.`;
  const disputed = differing.length > 0 && !lines;
  const secured = authenticated === 0 ? "none over verified TLS" : `${authenticated} over verified TLS`;
  return markup`${disputed ? badge("warn", "disputed") : badge("good", "confirmed")}
    by ${plural(agreeing, "organisation")}, ${secured}, on ${nodes} of ${plural(allNodes, "node")}${
      disputed && ` – but not by ${differing.slice(0, 5).join(", ")}${differing.length > 5 ? " …" : ""}`
    }.`;
}
