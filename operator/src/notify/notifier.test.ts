import { describe, expect, it } from "vitest";
import { snapshot } from "../snapshot/testing.ts";
import { silentLog, virtualClock } from "../runtime/testing.ts";
import { Notifier } from "./notifier.ts";
import { webhook } from "./testing.ts";

describe("the notifier", () => {
  it("sends from the pod that holds the lease, and from no other", async () => {
    const clock = virtualClock();
    const stop = new AbortController();
    let wan = snapshot().wan;
    const sent: string[] = [];
    const pods = ["holder", "other"].map((name) => {
      const notifier = new Notifier({
        channels: [webhook()],
        namespace: "home",
        wan: { synced: true, get: () => wan, items: () => [] },
        records: { synced: true, get: () => undefined, items: () => [] },
        post: () => Promise.resolve(sent.push(name) && 200),
        clock,
        random: () => 0,
        log: silentLog(),
      });
      return { notifier, running: notifier.run(stop.signal) };
    });
    const leading = pods[0]?.notifier.lead({ signal: stop.signal });
    await clock.run(1_000);
    const [last] = wan?.status?.history ?? [];
    if (wan === undefined || last === undefined) expect.unreachable();
    wan = {
      ...wan,
      status: { ...wan.status, decisionId: 3, history: [{ ...last, decisionId: 3 }] },
    };
    for (const { notifier } of pods) notifier.changed();
    await clock.run(1_000);
    expect(sent).toEqual(["holder"]);
    stop.abort();
    await Promise.all([leading, ...pods.map(({ running }) => running)]);
  });
});
