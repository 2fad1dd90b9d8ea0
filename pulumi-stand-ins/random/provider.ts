/** The stand-in for pulumi-random: RandomPassword, RandomString, RandomBytes, RandomId. Every change is a replacement. */
import { randomBytes } from "node:crypto";
import { hash } from "bcryptjs";
import { detailedDiff } from "../shared/diff.ts";
import type { CreateResponse, DiffResponse, Provider } from "../shared/provider.ts";
import type { Json, JsonObject } from "../shared/values.ts";
import { numberAt, plainObject, secret, stringAt, unknown } from "../shared/values.ts";
import { randomString } from "./strings.ts";
import type { StringRules } from "./strings.ts";

const bcryptCost = 10;

interface Kind {
  /** Inputs with defaults. */
  readonly inputs: (given: JsonObject) => JsonObject;
  /** Names of the outputs that only a create knows. */
  readonly computed: readonly string[];
  readonly create: (inputs: JsonObject) => Promise<{ id: string; outputs: JsonObject }>;
}

export function randomProvider(): Provider {
  return {
    version: "4.21.2+standin",
    checkConfig: (news) => news,
    diffConfig: () => ({}),
    configure: () =>
      Promise.resolve({ acceptResources: true, supportsAutonamingConfiguration: true, supportsPreview: true }),
    check: ({ news }) => Promise.resolve({ inputs: news }),
    diff: ({ oldInputs, news }) => Promise.resolve(diff(plainObject(oldInputs), plainObject(news))),
    create: async ({ type, properties, preview }) => create(kindOf(type), plainObject(properties), preview),
    read: ({ id, inputs, properties }) => Promise.resolve({ id, inputs, properties }),
    update: ({ type }) => Promise.reject(new Error(`${type} cannot be updated in place`)),
    delete: () => Promise.resolve(),
    cancel: () => undefined,
  };
}

function diff(olds: JsonObject, news: JsonObject): DiffResponse {
  const paths = Object.keys(detailedDiff(olds, news));
  if (paths.length === 0) return { changes: "DIFF_NONE" };
  const keys = [...new Set(paths.map((path) => path.split(/[.[]/)[0] ?? path))];
  return { changes: "DIFF_SOME", diffs: keys, replaces: keys };
}

async function create(kind: Kind, given: JsonObject, preview: boolean): Promise<CreateResponse> {
  const inputs = kind.inputs(given);
  if (preview) {
    const computed = Object.fromEntries(kind.computed.map((name) => [name, unknown]));
    return { properties: { ...inputs, ...computed } };
  }
  const { id, outputs } = await kind.create(inputs);
  return { id, properties: { ...inputs, ...outputs } };
}

function kindOf(type: string): Kind {
  const kind = kinds[type.split(":").at(-1) ?? ""];
  if (kind === undefined) throw new Error(`this stand-in for the random plugin has no ${type}`);
  return kind;
}

const kinds: Readonly<Record<string, Kind>> = {
  RandomPassword: {
    inputs: stringInputs,
    computed: ["bcryptHash", "id", "result"],
    create: async (inputs) => {
      const result = randomString(rulesOf(inputs));
      const bcryptHash = (await hash(result, bcryptCost)).replace(/^\$2b\$/, "$2a$");
      const outputs = { __meta: '{"schema_version":"3"}', bcryptHash: secret(bcryptHash), result: secret(result) };
      return { id: "none", outputs: { ...outputs, id: "none" } };
    },
  },
  RandomString: {
    inputs: stringInputs,
    computed: ["id", "result"],
    create: (inputs) => {
      const result = randomString(rulesOf(inputs));
      return Promise.resolve({ id: result, outputs: { __meta: '{"schema_version":"2"}', id: result, result } });
    },
  },
  RandomBytes: {
    inputs: (given) => given,
    computed: ["base64", "hex"],
    create: (inputs) => {
      const bytes = randomBytes(numberAt(inputs, "length") ?? 0);
      const base64 = bytes.toString("base64");
      return Promise.resolve({ id: base64, outputs: { base64: secret(base64), hex: secret(bytes.toString("hex")) } });
    },
  },
  RandomId: {
    inputs: (given) => given,
    computed: ["b64Std", "b64Url", "dec", "hex", "id"],
    create: (inputs) => {
      const bytes = randomBytes(numberAt(inputs, "byteLength") ?? 0);
      const prefix = stringAt(inputs, "prefix") ?? "";
      const [id, hex] = [bytes.toString("base64url"), bytes.toString("hex")];
      const outputs = {
        b64Std: prefix + bytes.toString("base64"),
        b64Url: prefix + id,
        dec: prefix + BigInt(`0x0${hex}`).toString(),
        hex: prefix + hex,
        id,
      };
      return Promise.resolve({ id, outputs });
    },
  },
};

function stringInputs(given: JsonObject): JsonObject {
  const numeric: Json = given["numeric"] ?? given["number"] ?? true;
  const defaults = { lower: true, minLower: 0, minNumeric: 0, minSpecial: 0, minUpper: 0, special: true, upper: true };
  return { ...defaults, ...given, number: numeric, numeric };
}

function rulesOf(inputs: JsonObject): StringRules {
  const flag = (name: string) => inputs[name] === true;
  const count = (name: string) => numberAt(inputs, name) ?? 0;
  return {
    length: count("length"),
    lower: flag("lower"),
    upper: flag("upper"),
    numeric: flag("numeric"),
    special: flag("special"),
    minLower: count("minLower"),
    minUpper: count("minUpper"),
    minNumeric: count("minNumeric"),
    minSpecial: count("minSpecial"),
    overrideSpecial: stringAt(inputs, "overrideSpecial"),
  };
}
