import { beforeEach, describe, expect, it } from "vitest";
import { type EventNote, type EventRecorder, eventRecorder } from "./events.ts";
import { directClient, FakeApi, status } from "./testing.ts";
import { silentLog, type VirtualClock, virtualClock } from "../runtime/testing.ts";

const wan = {
  apiVersion: "esddns.io/v1alpha1",
  kind: "WanAddress",
  metadata: { name: "wan", namespace: "home", uid: "u1", resourceVersion: "7" },
};
const changed = (note: string): EventNote => ({ type: "Normal", reason: "Changed", action: "Decide", note });

let api: FakeApi;
let clock: VirtualClock;
let recorder: EventRecorder;
const logged: string[] = [];
beforeEach(() => {
  api = new FakeApi();
  clock = virtualClock();
  logged.length = 0;
  const signal = new AbortController().signal;
  recorder = eventRecorder({ client: directClient(api), instance: "pod-1", clock, log: silentLog(logged), signal });
});

describe("eventRecorder", () => {
  it("writes an event about the object, in the namespace of the object", async () => {
    recorder.record(wan, changed("IPv4 is 192.0.2.1"));
    await recorder.idle();
    expect(api.calls[0]?.body).toMatchObject({
      apiVersion: "events.k8s.io/v1",
      kind: "Event",
      metadata: { namespace: "home" },
      eventTime: "2026-03-01T12:00:00.000000Z",
      reportingController: "esddns.io/operator",
      reportingInstance: "pod-1",
      regarding: { kind: "WanAddress", name: "wan", namespace: "home", uid: "u1" },
      ...changed("IPv4 is 192.0.2.1"),
    });
  });

  const notes = (): string[] => api.calls.map(({ body }) => (body as EventNote).note);

  it("takes the same note right after itself for a retry's, of one object and reason", async () => {
    for (let i = 0; i < 5; i++) recorder.record(wan, changed("same"));
    recorder.record({ ...wan, metadata: { ...wan.metadata, uid: "u2" } }, changed("same"));
    recorder.record(wan, { ...changed("same"), reason: "Disputed" });
    await recorder.idle();
    expect(api.calls).toHaveLength(3);
    expect(api.objects.size).toBe(3);
  });

  it("tells of every change of an address that goes to and fro, and of a dispute that comes again", async () => {
    for (const note of ["A, before B", "B, before A", "A, before B"]) recorder.record(wan, changed(note));
    recorder.record(wan, { ...changed("no majority"), reason: "Disputed" });
    await clock.run(60_000);
    recorder.record(wan, { ...changed("no majority"), reason: "Disputed" });
    await recorder.idle();
    expect(notes()).toEqual(["A, before B", "B, before A", "A, before B", "no majority", "no majority"]);
  });

  it("writes 60 of one object and reason within an hour and leaves out the rest", async () => {
    for (let i = 0; i < 100; i++) recorder.record(wan, changed(`flap ${i}`));
    recorder.record(wan, { ...changed("other"), reason: "Disputed" });
    await recorder.idle();
    expect(notes().slice(-2)).toEqual(["flap 59", "other"]);
    await clock.run(3_600_000);
    recorder.record(wan, changed("later"));
    await recorder.idle();
    expect(notes().at(-1)).toBe("later");
  });

  it("never fails, and cuts a note that is too long", async () => {
    api.fault = () => status(403, "Forbidden", "no");
    recorder.record(wan, changed("x".repeat(5000)));
    await recorder.idle();
    expect((api.calls[0]?.body as EventNote).note).toHaveLength(1024);
    expect(logged).toEqual(["WARN event not written"]);
  });

  it("counts bytes, as the API server does, and has nothing in a note that a terminal obeys", async () => {
    recorder.record(wan, changed(`\u001b[2J\u202e${"ü".repeat(5000)}`));
    await recorder.idle();
    const { note } = api.calls[0]?.body as EventNote;
    expect(note).toMatch(/^\[2J ü+$/);
    expect(Buffer.byteLength(note)).toBeGreaterThan(1000);
    expect(Buffer.byteLength(note)).toBeLessThanOrEqual(1024);
  });
});
