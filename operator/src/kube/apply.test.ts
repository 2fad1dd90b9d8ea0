import { beforeEach, describe, expect, it } from "vitest";
import { detectionSpec, dnsRecordSpec } from "@esddns/common/api";
import { addressData, writeAddressConfigMap, writeDecision, writeObservation, writeRecordStatus } from "./apply.ts";
import { dnsRecords, wanAddresses } from "./resources.ts";
import { directClient, FakeApi } from "./testing.ts";

const never = new AbortController().signal;
let api: FakeApi;
beforeEach(() => {
  api = new FakeApi();
});

describe("writeDecision", () => {
  it("is a conflict when anybody has written since the object was read", async () => {
    const client = directClient(api);
    api.put("/wanaddresses/wan", {
      apiVersion: "esddns.io/v1alpha1",
      kind: "WanAddress",
      metadata: { name: "wan", namespace: "home" },
      spec: detectionSpec.parse({}),
    });
    const read = await client.get(wanAddresses, { name: "wan" }, never);
    if (!read.ok) expect.unreachable();
    expect(await writeDecision(client, read.value, { decisionId: 1 }, never)).toMatchObject({ ok: true });
    expect(await writeDecision(client, read.value, { decisionId: 1, ipv4: "192.0.2.9" }, never)).toMatchObject({
      ok: false,
      error: { kind: "Conflict" },
    });
    expect(api.objects.get("/wanaddresses/wan")?.["status"]).toEqual({ decisionId: 1 });
    expect(api.calls.at(-1)?.body).not.toHaveProperty("spec");
  });
});

describe("writeRecordStatus", () => {
  it("is refused for another object of the same name, whose uid the request does not name", async () => {
    const client = directClient(api);
    const object = {
      apiVersion: "esddns.io/v1alpha1",
      kind: "DnsRecord",
      metadata: { name: "home", namespace: "home", uid: "first" },
      spec: dnsRecordSpec.parse({ zone: "example.com", name: "home" }),
    };
    api.put("/dnsrecords/home", object);
    const read = await client.get(dnsRecords, { name: "home" }, never);
    if (!read.ok) expect.unreachable();
    api.remove("/dnsrecords/home");
    api.put("/dnsrecords/home", { ...object, metadata: { ...object.metadata, uid: "second" } });
    expect(await writeRecordStatus(client, read.value, { fqdn: "home.example.com" }, never)).toMatchObject({
      ok: false,
      error: { kind: "Conflict" },
    });
    expect(api.calls.at(-1)?.body).toMatchObject({ metadata: { uid: "first" } });
    expect(api.objects.get("/dnsrecords/home")).not.toHaveProperty("status");
  });
});

describe("writeObservation", () => {
  it("belongs to the Node object, and to nobody where that is not known", async () => {
    const observation = { nodeName: "node1", observedAt: "2026-03-01T12:00:00Z", validForSeconds: 660, votes: [] };
    await writeObservation(directClient(api), "home", observation, "node-uid", never);
    expect(api.calls[0]?.body).toMatchObject({
      metadata: {
        name: "node1",
        namespace: "home",
        ownerReferences: [{ apiVersion: "v1", kind: "Node", name: "node1", uid: "node-uid" }],
      },
      ...observation,
    });
    await writeObservation(directClient(api), "home", observation, undefined, never);
    expect((api.calls[1]?.body as { metadata: object }).metadata).not.toHaveProperty("ownerReferences");
  });
});

describe("addressData", () => {
  it.each([
    [{}, {}],
    [{ ipv4: "192.0.2.1" }, { ipv4: "192.0.2.1", ip: "192.0.2.1" }],
    [{ ipv6Prefix: "2001:db8::/64" }, { ipv6Prefix: "2001:db8::/64" }],
    [
      { ipv6Prefix: "2001:db8::/64", ipv6: "2001:db8::1" },
      { ipv6Prefix: "2001:db8::/64", ipv6: "2001:db8::1", ip: "2001:db8::1" },
    ],
    [
      { ipv4: "192.0.2.1", ipv6: "2001:db8::1" },
      { ipv4: "192.0.2.1", ipv6: "2001:db8::1", ip: "192.0.2.1" },
    ],
  ])("has a key only for what is known: %j", (status, data) => {
    expect(addressData(status)).toEqual(data);
  });

  it("is what the ConfigMap gets", async () => {
    await writeAddressConfigMap(directClient(api), "home", { ip: "192.0.2.1" }, never);
    expect(api.calls[0]?.body).toMatchObject({ metadata: { name: "esddns-wan-ip" }, data: { ip: "192.0.2.1" } });
  });
});
