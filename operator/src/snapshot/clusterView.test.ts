import { describe, expect, it } from "vitest";
import { type FakeApi, serveApi, status } from "../kube/testing.ts";
import { virtualClock } from "../runtime/testing.ts";
import { type ClusterView, ClusterViewReader } from "./clusterView.ts";

const HOME = "/api/v1/namespaces/home/services/esddns-service";
const METALLB = "/apis/metallb.io/v1beta1/namespaces/metallb-system";
const EVENTS = "/apis/events.k8s.io/v1/namespaces/home/events";

const object = (apiVersion: string, kind: string, name: string, rest: object) => ({
  apiVersion,
  kind,
  metadata: { name },
  ...rest,
});

function fill(api: FakeApi): void {
  api.put(
    HOME,
    object("v1", "Service", "esddns-service", { status: { loadBalancer: { ingress: [{ ip: "192.168.1.100" }] } } }),
  );
  for (const [name, node, serviceName] of [
    ["l2-a", "node2", "esddns-service"],
    ["l2-b", "node1", "another"],
  ] as const) {
    // Begun by a node that another one has taken over from.
    const status = { node: "node3", serviceName, serviceNamespace: "home" };
    const metadata = { name, labels: { "metallb.io/node": node } };
    const rest = { metadata, status };
    api.put(`${METALLB}/servicel2statuses/${name}`, object("metallb.io/v1beta1", "ServiceL2Status", name, rest));
  }
  const use = { assignedIPv4: 1, assignedIPv6: 2, availableIPv4: 10, availableIPv6: 20 };
  api.put(`${METALLB}/ipaddresspools/p`, object("metallb.io/v1beta1", "IPAddressPool", "p", { status: use }));
  const event = (name: string, type: string, kind: string, eventTime: string) => {
    const rest = { type, eventTime, reason: "Disputed", note: `note ${name}`, regarding: { kind, name: "wan" } };
    api.put(`${EVENTS}/${name}`, object("events.k8s.io/v1", "Event", name, rest));
  };
  event("a", "Warning", "WanAddress", "2026-03-01T11:00:00.000000Z");
  event("b", "Warning", "WanAddress", "2026-03-01T11:30:00.000000Z");
  event("c", "Normal", "WanAddress", "2026-03-01T11:40:00.000000Z");
  event("d", "Warning", "Pod", "2026-03-01T11:50:00.000000Z");
}

/** Returns the page's view after the first read. */
async function readOnce(prepare: (api: FakeApi) => void, metallbNamespace?: string): Promise<ClusterView> {
  const served = await serveApi();
  const { api, client } = served;
  prepare(api);
  const stop = new AbortController();
  const clock = virtualClock();
  const reader = new ClusterViewReader({ client, namespace: "home", metallbNamespace, pools: ["p"], clock });
  expect(reader.current().addresses).toMatchObject({ read: false, why: "not read yet" });
  const running = reader.run(stop.signal);
  const before = reader.current();
  while (reader.current() === before) await new Promise((resolve) => setImmediate(resolve));
  stop.abort();
  await running;
  await served.close();
  return reader.current();
}

describe("what the page tells of MetalLB", () => {
  it("holds nothing that a terminal obeys, whoever has written the event: JSON escapes no U+009B", async () => {
    const { incidents } = await readOnce((api) => {
      fill(api);
      const path = `${EVENTS}/b`;
      const event = api.objects.get(path);
      if (event !== undefined) api.put(path, { ...event, note: "a\u009b31m\u202eb" });
    });
    expect(incidents).toMatchObject({ value: [{ note: "a 31m b" }, { note: "note a" }] });
  });

  it("is the address, who announces it, how full the pools are, and the warnings, newest first", async () => {
    expect(await readOnce(fill, "metallb-system")).toEqual({
      addresses: { read: true, value: ["192.168.1.100"] },
      announcedBy: { read: true, value: ["node2"] },
      pools: {
        read: true,
        value: [
          {
            name: "p",
            families: [
              { family: "IPv4", assigned: 1, available: 10 },
              { family: "IPv6", assigned: 2, available: 20 },
            ],
          },
        ],
      },
      incidents: {
        read: true,
        value: [
          { time: "2026-03-01T11:30:00.000000Z", about: "WanAddress wan", reason: "Disputed", note: "note b" },
          { time: "2026-03-01T11:00:00.000000Z", about: "WanAddress wan", reason: "Disputed", note: "note a" },
        ],
      },
    });
  });

  it("is unknown, with the reason, where rights are missing or MetalLB has no such kind", async () => {
    const told = await readOnce((api) => {
      fill(api);
      api.fault = ({ target }) => {
        if (target.includes("servicel2statuses")) return status(404, "NotFound", "no such kind");
        return target.includes("ipaddresspools") ? status(403, "Forbidden", "no") : undefined;
      };
    }, "metallb-system");
    expect(told).toMatchObject({
      addresses: { read: true },
      announcedBy: { read: false, why: "the cluster does not have it" },
      pools: { read: false, why: "the page has no right to read pool p" },
    });
  });

  it("leaves MetalLB alone where its namespace is not configured", async () => {
    expect(await readOnce(fill)).toMatchObject({ announcedBy: { read: false }, pools: { read: false } });
  });
});
