/**
 * What a resource plugin answers, call by call, as plain JSON: the protobuf messages of `pulumi/provider.proto` with
 * default values left out. serveProvider.ts speaks gRPC for it; tests replay recorded calls on it.
 */
import type { JsonObject } from "./values.ts";

/** What identifies a resource in every call. */
export interface Resource {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
}

export interface CheckRequest extends Resource {
  readonly olds: JsonObject;
  readonly news: JsonObject;
  /** base64 */
  readonly randomSeed?: string;
  readonly autonaming?: { readonly proposedName: string; readonly mode: "PROPOSE" | "ENFORCE" | "DISABLE" };
}
export interface CheckResponse {
  inputs: JsonObject;
  failures?: { property: string; reason: string }[];
}

interface ConfigureRequest {
  readonly args: JsonObject;
}
interface ConfigureResponse {
  acceptSecrets?: boolean;
  acceptResources?: boolean;
  acceptOutputs?: boolean;
  supportsPreview?: boolean;
  supportsAutonamingConfiguration?: boolean;
}
interface HandshakeResponse {
  acceptSecrets: boolean;
  acceptResources: boolean;
  acceptOutputs: boolean;
}

/** No kind means "added". */
export type DiffKind = "ADD_REPLACE" | "DELETE" | "DELETE_REPLACE" | "UPDATE" | "UPDATE_REPLACE";
export type DetailedDiff = Record<string, { kind?: DiffKind }>;

export interface DiffRequest extends Resource {
  readonly id: string;
  readonly olds: JsonObject;
  readonly oldInputs: JsonObject;
  readonly news: JsonObject;
  readonly ignoreChanges: readonly string[];
}
export interface DiffResponse {
  changes?: "DIFF_NONE" | "DIFF_SOME";
  diffs?: string[];
  replaces?: string[];
  detailedDiff?: DetailedDiff;
  hasDetailedDiff?: boolean;
  deleteBeforeReplace?: boolean;
}

export interface CreateRequest extends Resource {
  readonly properties: JsonObject;
  readonly preview: boolean;
  /** Seconds; 0 when the program sets no customTimeouts. */
  readonly timeout: number;
}
export interface CreateResponse {
  id?: string;
  properties: JsonObject;
}

export interface ReadRequest extends Resource {
  readonly id: string;
  readonly properties: JsonObject;
  readonly inputs: JsonObject;
}
/** Without an id: the resource does not exist. */
export interface ReadResponse {
  id?: string;
  inputs?: JsonObject;
  properties?: JsonObject;
}

export interface UpdateRequest extends DiffRequest {
  readonly preview: boolean;
  readonly timeout: number;
}
export interface UpdateResponse {
  properties: JsonObject;
}

export interface DeleteRequest extends Resource {
  readonly id: string;
  readonly properties: JsonObject;
  readonly oldInputs: JsonObject;
  readonly timeout: number;
}

export interface Provider {
  /** Semantic version with build metadata `+standin`, so that state, logs and `pulumi about` tell it from the real one. */
  readonly version: string;
  /** Absent: "unimplemented", as with plugins built before the call existed. */
  handshake?: () => HandshakeResponse;
  checkConfig: (news: JsonObject) => JsonObject;
  diffConfig?: (olds: JsonObject, news: JsonObject) => DiffResponse;
  configure: (request: ConfigureRequest) => Promise<ConfigureResponse>;
  check: (request: CheckRequest) => Promise<CheckResponse>;
  diff: (request: DiffRequest) => Promise<DiffResponse>;
  create: (request: CreateRequest) => Promise<CreateResponse>;
  read: (request: ReadRequest) => Promise<ReadResponse>;
  update: (request: UpdateRequest) => Promise<UpdateResponse>;
  delete: (request: DeleteRequest) => Promise<void>;
  /** The user pressed Ctrl-C: stop waiting and end child processes. */
  cancel: () => void;
}

export type Severity = "info" | "warning" | "error";

/** Messages to the person in front of the CLI. */
export interface Host {
  /** Kept among the diagnostics of the resource. */
  log: (severity: Severity, urn: string, message: string) => void;
  /** Shown beside the resource while it is worked on; an empty message clears it. */
  status: (severity: Severity, urn: string, message: string) => void;
}

/**
 * The resource exists, but is not what it should be. The engine stores `properties` and tries again at the next update.
 */
export class InitFailedError extends Error {
  readonly id: string;
  readonly properties: JsonObject;
  readonly reasons: readonly string[];
  readonly inputs: JsonObject | undefined;

  constructor(
    message: string,
    state: { id: string; properties: JsonObject; inputs?: JsonObject; reasons?: readonly string[] },
  ) {
    super(message);
    this.name = "InitFailedError";
    this.id = state.id;
    this.properties = state.properties;
    this.inputs = state.inputs;
    this.reasons = [message, ...(state.reasons ?? [])];
  }
}
