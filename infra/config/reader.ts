/** Reads the stack config section after section and collects what is wrong with it. */
import type { z } from "zod";
import type { Problem } from "./validation/problem.ts";
import { keys, type Key, type Section } from "./schema.ts";
import { decode, shape, shapeItems, unknownKey } from "./validation/shape.ts";

export interface Placed<T> {
  readonly index: number;
  readonly value: T;
}

export class Reader {
  readonly problems: Problem[] = [];
  readonly #entries = new Map<string, unknown>();
  readonly #unreadable = new Map<string, unknown>();
  readonly #secretKeys: ReadonlySet<string>;

  /** `secretKeys`: of which no value is to be quoted. */
  constructor(raw: unknown, secretKeys: ReadonlySet<string>) {
    this.#secretKeys = secretKeys;
    const isObject = typeof raw === "object" && raw !== null && !Array.isArray(raw);
    if (!isObject)
      this.complain([{ path: [], wrong: "the stack config is no object", right: "Its keys are esddns:…" }]);
    for (const [key, value] of Object.entries(isObject ? raw : {})) {
      if (!isUnset(value)) this.#enter(key, value);
    }
  }

  complain(problems: readonly Problem[]): void {
    this.problems.push(...problems);
  }

  /** Whether there is anything under a key, be it as wrong as it may. */
  isSet(key: Key): boolean {
    return this.#entries.has(key) || this.#unreadable.has(key);
  }

  /** What stands under a key, decoded but unchecked; undefined where nothing does. */
  raw(key: Key): unknown {
    return this.#entries.get(key);
  }

  /** The same for a key that may not exist, and of one that cannot be decoded what stands there. */
  written(key: string): unknown {
    return this.#entries.get(key) ?? this.#unreadable.get(key);
  }

  /** To be called once for each key: every call adds what is wrong to the problems. */
  section<K extends Key>(key: K): Section<K> | undefined {
    const { value, problems } = shape(keys[key], this.raw(key), [key], this.#secretKeys.has(key));
    this.complain(problems);
    return value as Section<K> | undefined;
  }

  /** The items of a list that fit, with their places in it; like `section`, once for each key. */
  items<K extends "pools" | "l2" | "records">(key: K): Placed<NonNullable<Section<K>>[number]>[] {
    const raw = this.raw(key);
    if (raw === undefined) return [];
    const list: z.ZodArray<z.ZodType> = keys[key].unwrap();
    const { items, problems } = shapeItems(list, raw, [key], this.#secretKeys.has(key));
    this.complain(problems);
    return items as Placed<NonNullable<Section<K>>[number]>[];
  }

  #enter(key: string, value: unknown): void {
    const known = Object.keys(keys);
    if (!known.includes(key)) {
      this.complain([unknownKey(key, known, [])]);
      return;
    }
    const schema = keys[key as Key];
    const decoded = decode(schema, value, this.#secretKeys.has(key));
    if ("value" in decoded) this.#entries.set(key, decoded.value);
    else {
      this.#unreadable.set(key, value);
      this.complain([{ path: [key], wrong: decoded.wrong, right: schema.description ?? "Write it as YAML." }]);
    }
  }
}

/** Pulumi.yaml must give every declared key a default; these stand for "not set". */
function isUnset(value: unknown): boolean {
  if (value === undefined || value === null || value === "" || value === "{}") return true;
  return typeof value === "object" && !Array.isArray(value) && Object.keys(value).length === 0;
}
