/** Providers over the wire: what protobuf and gRPC make of the plain answers. */
import * as grpc from "@grpc/grpc-js";
import structPb from "google-protobuf/google/protobuf/struct_pb.js";
import services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import pb from "@pulumi/pulumi/proto/provider_pb.js";
import statusPb from "@pulumi/pulumi/proto/status_pb.js";
import { afterEach, expect, test } from "vitest";
import { randomProvider } from "../random/provider.ts";
import { serve } from "./grpc.ts";
import { InitFailedError } from "./provider.ts";
import type { Provider } from "./provider.ts";
import { addProvider } from "./serveProvider.ts";
import { secret } from "./values.ts";
import type { JsonObject } from "./values.ts";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

test("a create's answer arrives with its secrets marked", async () => {
  const request = new pb.CreateRequest().setType("random:index/randomPassword:RandomPassword");
  request.setProperties(structPb.Struct.fromJavaScript({ length: 8, special: false }));
  const client = await connect(randomProvider());
  const response = await call<pb.CreateResponse>((done) => client.create(request, done));
  expect(response.getId()).toBe("none");
  expect(response.getProperties()?.toJavaScript()).toMatchObject({ result: secret(expect.any(String) as string) });
});

test("a failed initialisation carries the state along", async () => {
  const client = await connect({
    ...randomProvider(),
    create: () =>
      Promise.reject(new InitFailedError("not ready", { id: "a/b", properties: { x: 1 }, reasons: ["why"] })),
  });
  const error = await failure((done) => client.create(new pb.CreateRequest(), done));
  expect(error).toMatchObject({ code: grpc.status.UNKNOWN, details: "not ready" });
  const [encoded] = error.metadata.get("grpc-status-details-bin");
  const detail = statusPb.Status.deserializeBinary(encoded as Buffer).getDetailsList()[0];
  expect(detail?.getTypeUrl()).toBe("type.googleapis.com/pulumirpc.ErrorResourceInitFailed");
  const failed = pb.ErrorResourceInitFailed.deserializeBinary(detail?.getValue_asU8() ?? new Uint8Array());
  expect([failed.getId(), failed.getReasonsList()]).toEqual(["a/b", ["not ready", "why"]]);
});

test("a call that the real plugin does not have is unimplemented", async () => {
  const client = await connect(randomProvider());
  const error = await failure((done) => client.handshake(new pb.ProviderHandshakeRequest(), done));
  expect(error.code).toBe(grpc.status.UNIMPLEMENTED);
});

test("output values are understood as secrets and unknowns", async () => {
  let seen: JsonObject = {};
  const check: Provider["check"] = ({ news }) => {
    seen = news;
    return Promise.resolve({ inputs: news });
  };
  const client = await connect({ ...randomProvider(), check });
  const output = (fields: JsonObject) => ({
    "4dabf18193072939515e22adb298388d": "d0e6a833031e9bbcd3f4e8bde6ca49a4",
    ...fields,
  });
  const request = new pb.CheckRequest();
  request.setNews(
    structPb.Struct.fromJavaScript({ a: output({ value: "x", secret: true }), b: output({}), c: output({ value: 1 }) }),
  );
  await call<pb.CheckResponse>((done) => client.check(request, done));
  expect(seen).toEqual({ a: secret("x"), b: "04da6b54-80e4-46f7-96ec-b56ff0331ba9", c: 1 });
});

async function connect(provider: Provider): Promise<services.ResourceProviderClient> {
  const { port, stop } = await serve((server) => {
    addProvider(server, provider);
  });
  const client = new services.ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  cleanups.push(() => {
    client.close();
  }, stop);
  return client;
}

type Done<Response> = (error: grpc.ServiceError | null, response: Response) => void;

function call<Response>(start: (done: Done<Response>) => void): Promise<Response> {
  return new Promise((resolve, reject) => {
    start((error, response) => {
      if (error === null) resolve(response);
      else reject(error);
    });
  });
}

function failure(start: (done: Done<unknown>) => void): Promise<grpc.ServiceError> {
  return new Promise((resolve, reject) => {
    start((error) => {
      if (error === null) reject(new Error("the call succeeded"));
      else resolve(error);
    });
  });
}
