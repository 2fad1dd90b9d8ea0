import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { KubeClient } from "./client.ts";
import { dnsRecords, leases, nodes, wanAddresses } from "./resources.ts";
import { type ServedApi, serveApi, status } from "./testing.ts";

const never = new AbortController().signal;
const records = "/apis/esddns.io/v1alpha1/namespaces/home/dnsrecords";
const record = (name: string) => ({
  apiVersion: "esddns.io/v1alpha1",
  kind: "DnsRecord",
  metadata: { name, namespace: "home" },
  spec: { zone: "example.com", name },
});

let token: string;
let served: ServedApi;
beforeEach(async () => {
  token = "first";
  served = await serveApi(
    () => token,
    () => {
      token = "second";
    },
  );
});
afterEach(async () => {
  await served.close();
});

describe("KubeClient", () => {
  it("reads an object, with its defaults filled in and what is not needed dropped", async () => {
    served.api.put(`${records}/www`, { ...record("www"), managedFields: [1, 2, 3] });
    const found = await served.client.get(dnsRecords, { namespace: "home", name: "www" }, never);
    expect(found).toMatchObject({ ok: true, value: { metadata: { uid: "uid-of-www" }, spec: { ttl: 300 } } });
    expect(found.ok && "managedFields" in found.value).toBe(false);
    expect(served.api.calls[0]?.headers?.authorization).toBe("Bearer first");
  });

  it("tells of each request that it sends, the second attempt with another token too", async () => {
    const sent: string[] = [];
    served.client.onRequest = (verb, resource) => sent.push(`${verb} ${resource}`);
    await served.client.get(nodes, { name: "node1" }, never);
    await served.client.list(dnsRecords, "home", never);
    served.api.fault = () => status(401, "Unauthorized", "no");
    await served.client.create(
      leases,
      { apiVersion: "v1", kind: "Lease", metadata: { name: "x", namespace: "y" } },
      never,
    );
    expect(sent).toEqual(["get nodes", "list dnsrecords", "create leases", "create leases"]);
  });

  it("knows the paths of kinds without namespace and without group", async () => {
    served.api.put("/api/v1/nodes/node1", { apiVersion: "v1", kind: "Node", metadata: { name: "node1" } });
    expect(await served.client.get(nodes, { name: "node1" }, never)).toMatchObject({ ok: true });
  });

  it("reads every page of a list", async () => {
    for (let i = 0; i < 600; i++) served.api.put(`${records}/r${i}`, record(`r${i}`));
    const listed = await served.client.list(dnsRecords, "home", never);
    expect(listed.ok && listed.value.items.length).toBe(600);
    expect(listed.ok && listed.value.resourceVersion).toBe(String(served.api.resourceVersion));
    expect(served.api.calls).toHaveLength(3);
  });

  it.each([200, 500])("reads no more than 16 MiB of an answer of status %i", async (code) => {
    const body = { ...record("www"), padding: "x".repeat(16 * 1024 * 1024) };
    served.api.fault = () => ({ status: code, body });
    expect(await served.client.get(dnsRecords, { namespace: "home", name: "www" }, never)).toMatchObject({
      ok: false,
      error: { message: "an answer of more than 16777216 bytes" },
    });
  });

  it("gives up a list that never ends", async () => {
    const page = { metadata: { resourceVersion: "1", continue: "more" }, items: [] };
    served.api.fault = () => ({ status: 200, body: page });
    expect(await served.client.list(dnsRecords, "home", never)).toMatchObject({
      ok: false,
      error: { kind: "Unexpected", message: "a list of dnsrecords with more than 25000 objects" },
    });
    expect(served.api.calls).toHaveLength(100);
  });

  it("updates only what nobody has changed since", async () => {
    const path = "/apis/coordination.k8s.io/v1/namespaces/home/leases/writer";
    served.api.put(path, {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: "writer", namespace: "home" },
    });
    const read = await served.client.get(leases, { namespace: "home", name: "writer" }, never);
    if (!read.ok) expect.unreachable();
    expect(await served.client.update(leases, read.value, never)).toMatchObject({ ok: true });
    expect(await served.client.update(leases, read.value, never)).toMatchObject({
      ok: false,
      error: { kind: "Conflict", status: 409, message: "the object has been modified" },
    });
  });

  it("applies with its field manager, to the status where that is meant", async () => {
    const path = "/apis/esddns.io/v1alpha1/namespaces/home/wanaddresses/wan";
    const wan = { apiVersion: "esddns.io/v1alpha1", kind: "WanAddress", metadata: { name: "wan", namespace: "home" } };
    served.api.put(path, { ...wan, spec: {} });
    const options = { fieldManager: "esddns-writer", subresource: "status" } as const;
    const applied = await served.client.apply(
      wanAddresses,
      { ...wan, status: { ipv4: "192.0.2.1" } } as never,
      options,
      never,
    );
    expect(applied).toMatchObject({ ok: true, value: { status: { ipv4: "192.0.2.1" } } });
    const call = served.api.calls[0];
    expect(call).toMatchObject({ method: "PATCH", target: `${path}/status?fieldManager=esddns-writer&force=true` });
    expect(call?.headers?.["content-type"]).toBe("application/apply-patch+yaml");
  });

  it("reads the token again when it is refused, once", async () => {
    served.api.put(`${records}/www`, record("www"));
    served.api.fault = ({ headers }) =>
      headers?.authorization === "Bearer first" ? status(401, "Unauthorized", "expired") : undefined;
    expect(await served.client.get(dnsRecords, { namespace: "home", name: "www" }, never)).toMatchObject({ ok: true });
    served.api.fault = () => status(401, "Unauthorized", "expired");
    const refused = await served.client.get(dnsRecords, { namespace: "home", name: "www" }, never);
    expect(refused).toMatchObject({ ok: false, error: { kind: "Unauthorized", message: "expired" } });
    expect(served.api.calls).toHaveLength(4);
  });

  it.each([
    [400, "BadRequest", "Invalid"],
    [403, "Forbidden", "Forbidden"],
    [404, "NotFound", "NotFound"],
    [409, "AlreadyExists", "AlreadyExists"],
    [409, "Conflict", "Conflict"],
    [410, "Expired", "Expired"],
    [422, "Invalid", "Invalid"],
    [500, "InternalError", "ServerError"],
    [503, "", "ServerError"],
    [302, "", "Unexpected"],
  ])("makes a value of status %i %s", async (code, reason, kind) => {
    served.api.fault = () => status(code, reason, "in words");
    expect(await served.client.get(nodes, { name: "node1" }, never)).toEqual({
      ok: false,
      error: { kind, status: code, message: "in words" },
    });
  });

  it("says for how long it is to wait", async () => {
    served.api.fault = () => ({ ...status(429, "TooManyRequests", "slow down"), headers: { "retry-after": "7" } });
    expect(await served.client.get(nodes, { name: "node1" }, never)).toMatchObject({
      error: { kind: "TooManyRequests", retryAfterMs: 7000 },
    });
  });

  it.each([
    ["0", 0],
    ["30", 30_000],
    ["31", 30_000],
    ["3600", 30_000],
    ["2147484", 30_000],
    ["9".repeat(30), 30_000],
    ["1e300", undefined],
    ["Infinity", undefined],
    ["-5", undefined],
    ["1.5", undefined],
    ["soon", undefined],
    ["Sun, 01 Mar 2099 12:02:00 GMT", undefined],
  ])("takes a Retry-After of %s for %s ms", async (header, retryAfterMs) => {
    served.api.fault = () => ({ ...status(429, "TooManyRequests", "slow down"), headers: { "retry-after": header } });
    const refused = await served.client.get(nodes, { name: "node1" }, never);
    expect(refused.ok ? undefined : refused.error.retryAfterMs).toBe(retryAfterMs);
  });

  it("makes a value of an object that is not as its definition has it", async () => {
    served.api.put(`${records}/www`, { ...record("www"), spec: { zone: 7 } });
    expect(await served.client.get(dnsRecords, { namespace: "home", name: "www" }, never)).toMatchObject({
      ok: false,
      error: { kind: "Unexpected" },
    });
  });

  it("makes a value of a server that is not there", async () => {
    await served.close();
    served = await serveApi();
    await served.close();
    const gone = await served.client.get(nodes, { name: "node1" }, never);
    expect(gone).toMatchObject({ ok: false, error: { kind: "Network" } });
  });

  it("believes an object or a list without a length only when all of it has come", async () => {
    let answer = "";
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () => socket.end(`HTTP/1.1 200 OK\r\n\r\n${answer}`));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const client = new KubeClient({
      origin,
      ca: undefined,
      token: { current: () => Promise.resolve("t"), refused: () => 0 },
    });
    const object = JSON.stringify(record("www"));
    const list = JSON.stringify({ metadata: { resourceVersion: "7" }, items: [record("www"), record("home")] });
    for (const [whole, read] of [
      [object, () => client.get(dnsRecords, { namespace: "home", name: "www" }, never)],
      [list, () => client.list(dnsRecords, "home", never)],
    ] as const) {
      for (let bytes = 0; bytes < whole.length; bytes++) {
        answer = whole.slice(0, bytes);
        expect(await read()).toMatchObject({ ok: false });
      }
      answer = whole;
      expect(await read()).toMatchObject({ ok: true });
    }
    client.close();
    server.close();
  });

  it("rejects only when the caller gives up, with the caller's reason", async () => {
    const reason = new Error("enough");
    await expect(served.client.get(nodes, { name: "n" }, AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});
