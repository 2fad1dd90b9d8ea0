/** Speaks `pulumirpc.ResourceProvider` for a Provider: protobuf on one side, plain JSON on the other. */
import * as grpc from "@grpc/grpc-js";
import anyPb from "google-protobuf/google/protobuf/any_pb.js";
import emptyPb from "google-protobuf/google/protobuf/empty_pb.js";
import structPb from "google-protobuf/google/protobuf/struct_pb.js";
import pluginPb from "@pulumi/pulumi/proto/plugin_pb.js";
import providerServices from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import pb from "@pulumi/pulumi/proto/provider_pb.js";
import statusPb from "@pulumi/pulumi/proto/status_pb.js";
import { unary, unimplementedStatus, unknownStatus } from "./grpc.ts";
import { InitFailedError } from "./provider.ts";
import type { CheckRequest, DiffKind, DiffResponse, Provider, Resource } from "./provider.ts";
import { isObject, withoutOutputValues } from "./values.ts";
import type { JsonObject } from "./values.ts";

type Struct = structPb.Struct;

/** `flush` is awaited before an operation on a resource is answered. */
export function addProvider(server: grpc.Server, provider: Provider, flush = () => Promise.resolve()): void {
  const service = providerServices.ResourceProviderService as unknown as grpc.ServiceDefinition;
  server.addService(service, {
    ...configuration(provider),
    ...lifecycle(provider, flush),
  });
}

function configuration(provider: Provider) {
  return {
    handshake: unary(() => handshake(provider), toStatus),
    attach: unary(() => new emptyPb.Empty()),
    cancel: unary(() => {
      provider.cancel();
      return new emptyPb.Empty();
    }),
    getPluginInfo: unary(() => new pluginPb.PluginInfo().setVersion(provider.version)),
    checkConfig: unary((call: pb.CheckRequest) =>
      new pb.CheckResponse().setInputs(toStruct(provider.checkConfig(fromStruct(call.getNews())))),
    ),
    diffConfig: unary((call: pb.DiffRequest) => {
      if (provider.diffConfig === undefined) throw new UnimplementedError("DiffConfig");
      return diffResponse(provider.diffConfig(fromStruct(call.getOldInputs()), fromStruct(call.getNews())));
    }, toStatus),
    configure: unary(async (call: pb.ConfigureRequest) => {
      const answer = await provider.configure({ args: fromStruct(call.getArgs()) });
      return new pb.ConfigureResponse()
        .setAcceptsecrets(answer.acceptSecrets ?? false)
        .setAcceptresources(answer.acceptResources ?? false)
        .setAcceptoutputs(answer.acceptOutputs ?? false)
        .setSupportspreview(answer.supportsPreview ?? false)
        .setSupportsAutonamingConfiguration(answer.supportsAutonamingConfiguration ?? false);
    }, toStatus),
  };
}

function lifecycle(provider: Provider, flush: () => Promise<void>) {
  const operation = <Request, Response>(answer: (request: Request) => Promise<Response>) =>
    unary(async (request: Request) => {
      try {
        return await answer(request);
      } finally {
        await flush();
      }
    }, toStatus);
  return {
    check: operation(async (call: pb.CheckRequest) => {
      const answer = await provider.check(checkRequest(call));
      const response = new pb.CheckResponse().setInputs(toStruct(answer.inputs));
      for (const { property, reason } of answer.failures ?? []) {
        response.addFailures(new pb.CheckFailure().setProperty(property).setReason(reason));
      }
      return response;
    }),
    diff: operation(async (call: pb.DiffRequest) => diffResponse(await provider.diff(diffRequest(call)))),
    create: operation(async (call: pb.CreateRequest) => {
      const properties = fromStruct(call.getProperties());
      const flags = { preview: call.getPreview(), timeout: call.getTimeout() };
      const answer = await provider.create({ ...resource(call), properties, ...flags });
      return new pb.CreateResponse().setId(answer.id ?? "").setProperties(toStruct(answer.properties));
    }),
    read: operation(async (call: pb.ReadRequest) => {
      const [properties, inputs] = [fromStruct(call.getProperties()), fromStruct(call.getInputs())];
      const answer = await provider.read({ ...resource(call), id: call.getId(), properties, inputs });
      const response = new pb.ReadResponse().setId(answer.id ?? "");
      if (answer.inputs !== undefined) response.setInputs(toStruct(answer.inputs));
      if (answer.properties !== undefined) response.setProperties(toStruct(answer.properties));
      return response;
    }),
    update: operation(async (call: pb.UpdateRequest) => {
      const flags = { preview: call.getPreview(), timeout: call.getTimeout() };
      const answer = await provider.update({ ...diffRequest(call), ...flags });
      return new pb.UpdateResponse().setProperties(toStruct(answer.properties));
    }),
    delete: operation(async (call: pb.DeleteRequest) => {
      const [properties, oldInputs] = [fromStruct(call.getProperties()), fromStruct(call.getOldInputs())];
      await provider.delete({ ...resource(call), id: call.getId(), properties, oldInputs, timeout: call.getTimeout() });
      return new emptyPb.Empty();
    }),
  };
}

function handshake(provider: Provider): pb.ProviderHandshakeResponse {
  if (provider.handshake === undefined) throw new UnimplementedError("Handshake");
  const answer = provider.handshake();
  return new pb.ProviderHandshakeResponse()
    .setAcceptSecrets(answer.acceptSecrets)
    .setAcceptResources(answer.acceptResources)
    .setAcceptOutputs(answer.acceptOutputs);
}

function resource(call: { getUrn(): string; getType(): string; getName(): string }): Resource {
  return { urn: call.getUrn(), type: call.getType(), name: call.getName() };
}

function checkRequest(call: pb.CheckRequest): CheckRequest {
  const autonaming = call.getAutonaming();
  const modes = { 0: "PROPOSE", 1: "ENFORCE", 2: "DISABLE" } as const;
  return {
    ...resource(call),
    olds: fromStruct(call.getOlds()),
    news: fromStruct(call.getNews()),
    randomSeed: call.getRandomseed_asB64(),
    ...(autonaming === undefined
      ? {}
      : { autonaming: { proposedName: autonaming.getProposedName(), mode: modes[autonaming.getMode()] } }),
  };
}

function diffRequest(call: pb.DiffRequest | pb.UpdateRequest) {
  return {
    ...resource(call),
    id: call.getId(),
    olds: fromStruct(call.getOlds()),
    oldInputs: fromStruct(call.getOldInputs()),
    news: fromStruct(call.getNews()),
    ignoreChanges: call.getIgnorechangesList(),
  };
}

const kinds: Record<DiffKind, pb.PropertyDiff.Kind> = {
  ADD_REPLACE: pb.PropertyDiff.Kind.ADD_REPLACE,
  DELETE: pb.PropertyDiff.Kind.DELETE,
  DELETE_REPLACE: pb.PropertyDiff.Kind.DELETE_REPLACE,
  UPDATE: pb.PropertyDiff.Kind.UPDATE,
  UPDATE_REPLACE: pb.PropertyDiff.Kind.UPDATE_REPLACE,
};
const changes = {
  DIFF_NONE: pb.DiffResponse.DiffChanges.DIFF_NONE,
  DIFF_SOME: pb.DiffResponse.DiffChanges.DIFF_SOME,
} as const;

function diffResponse(answer: DiffResponse): pb.DiffResponse {
  const response = new pb.DiffResponse()
    .setDiffsList(answer.diffs ?? [])
    .setReplacesList(answer.replaces ?? [])
    .setDeletebeforereplace(answer.deleteBeforeReplace ?? false)
    .setHasdetaileddiff(answer.hasDetailedDiff ?? false);
  if (answer.changes !== undefined) response.setChanges(changes[answer.changes]);
  for (const [path, { kind }] of Object.entries(answer.detailedDiff ?? {})) {
    const diff = new pb.PropertyDiff();
    if (kind !== undefined) diff.setKind(kinds[kind]);
    response.getDetaileddiffMap().set(path, diff);
  }
  return response;
}

class UnimplementedError extends Error {}

function toStatus(error: unknown): Partial<grpc.StatusObject> {
  if (error instanceof UnimplementedError) return unimplementedStatus(error.message);
  if (!(error instanceof InitFailedError)) return unknownStatus(error);
  const detail = new pb.ErrorResourceInitFailed()
    .setId(error.id)
    .setProperties(toStruct(error.properties))
    .setReasonsList([...error.reasons]);
  if (error.inputs !== undefined) detail.setInputs(toStruct(error.inputs));
  const packed = new anyPb.Any();
  packed.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const status = new statusPb.Status().setCode(grpc.status.UNKNOWN).setMessage(error.message);
  status.addDetails(packed);
  const metadata = new grpc.Metadata();
  metadata.add("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  return { ...unknownStatus(error), metadata };
}

function fromStruct(struct: Struct | undefined): JsonObject {
  const value = withoutOutputValues(struct?.toJavaScript() ?? {});
  return isObject(value) ? value : {};
}

function toStruct(value: JsonObject): Struct {
  return structPb.Struct.fromJavaScript(value);
}
