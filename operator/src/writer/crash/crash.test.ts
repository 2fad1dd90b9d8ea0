/**
 * The patterns of "Automatic Reliability Testing for Cluster Management Controllers" (Sieve, OSDI 2022): a leader that
 * dies in the middle of its work, a successor with an old state, and events that come late and all at once. Whatever
 * happens, the end state must be that of an undisturbed run: the rrsets at Gandi and the statuses of the records.
 *
 * One difference is by design. The process that makes a correction announces it, so the event is lost if that process
 * dies. Fewer corrections may be announced, but never more. The count of corrections in the status is compared exactly.
 */
import { describe, expect, it } from "vitest";
import { type End, hidden, killed, type Played, stale, undisturbed } from "./play.ts";
import { type Workload, workloads } from "./workloads.ts";

/** Describes the difference and the writes that led to it. Returns undefined if there is none. */
function difference(how: string, wanted: End, { end, trace }: Played): string | undefined {
  const compare = ({ rrsets, records }: End): string => JSON.stringify({ rrsets, records }, undefined, 1);
  const falseDrift = end.driftEvents > wanted.driftEvents ? `${end.driftEvents} corrections were announced` : undefined;
  if (compare(wanted) === compare(end) && falseDrift === undefined) return undefined;
  return [how, ...trace, `wanted ${compare(wanted)}`, `is ${compare(end)}`, falseDrift ?? ""].join("\n");
}

function report(differences: readonly (string | undefined)[]): string {
  const found = differences.filter((each) => each !== undefined);
  return found.length === 0 ? "" : `${found.length} of ${differences.length} differ\n\n${found[0]}`;
}

describe.each(workloads)("$name", (workload: Workload) => {
  it("ends as undisturbed when the leader dies before or after any of its writes", async () => {
    const plain = await undisturbed(workload);
    const differences: (string | undefined)[] = [];
    for (let write = plain.begins[(workload.killFromStep ?? 1) - 1] ?? 0; write < plain.writes; write++) {
      for (const when of ["before", "after"] as const) {
        const played = await killed(workload, { write, when });
        differences.push(difference(`The leader dies ${when} write ${write}.`, plain.end, played));
      }
    }
    expect(report(differences)).toBe("");
    expect(differences.length).toBeGreaterThan(6);
  }, 60_000);

  it("ends as undisturbed when a successor's stores stand still, and it leads", async () => {
    const { end } = await undisturbed(workload);
    const differences: (string | undefined)[] = [];
    for (let since = 0; since <= workload.steps.length; since++) {
      const how = `The successor's stores stand still from step ${since + 1} on.`;
      differences.push(difference(how, end, await stale(workload, since)));
    }
    expect(report(differences)).toBe("");
  }, 60_000);

  it("ends as undisturbed when events are hidden and then come all at once", async () => {
    const { end } = await undisturbed(workload);
    const differences: (string | undefined)[] = [];
    for (let from = (workload.hideFromStep ?? 1) - 1; from < workload.steps.length; from++) {
      // Hides only one step at a time. Several steps seen as one are a different workload: some values are never
      // published.
      const how = `Step ${from + 1} is hidden until the next.`;
      differences.push(difference(how, end, await hidden(workload, from, from + 1)));
    }
    expect(report(differences)).toBe("");
  }, 60_000);
});
