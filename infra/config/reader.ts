/** Reads the stack config section by section and collects what is wrong with it. */
import type { z } from "zod";
import { allKeys, keys, type Key, type Section, type Sections } from "./schema.ts";
import type { Problem } from "./validation/problem.ts";
import { decode, shape, shapeItems, unknownKey, type Placed } from "./validation/shape.ts";

/** A key whose value is a list that is read item by item. */
type ListKey = "pools" | "l2" | "records";

export class Reader {
  readonly problems: Problem[] = [];
  readonly #entries = new Map<string, unknown>();
  readonly #unreadable = new Map<string, unknown>();
  readonly #secretKeys: ReadonlySet<string>;
  /** What was read of each key: its section, or its items. */
  readonly #read = new Map<Key, unknown>();

  /** `secretKeys`: the keys of which no problem quotes a value. */
  constructor(raw: unknown, secretKeys: ReadonlySet<string>) {
    this.#secretKeys = secretKeys;
    const isObject = typeof raw === "object" && raw !== null && !Array.isArray(raw);
    if (!isObject)
      this.addProblems([{ path: [], wrong: "the stack config is no object", right: "Its keys are esddns:…" }]);
    for (const [key, value] of Object.entries(isObject ? raw : {})) {
      if (!isUnset(value)) this.#enter(key, value);
    }
  }

  addProblems(problems: readonly Problem[]): void {
    this.problems.push(...problems);
  }

  /** Whether anything is written under a key, be it wrong. */
  isSet(key: Key): boolean {
    return this.#entries.has(key) || this.#unreadable.has(key);
  }

  /** The value under a key, decoded but unchecked; undefined if there is none. */
  raw(key: Key): unknown {
    return this.#entries.get(key);
  }

  /** The same for a key that may not exist; of one that cannot be decoded, the text. */
  written(key: string): unknown {
    return this.#entries.get(key) ?? this.#unreadable.get(key);
  }

  /** The section, or undefined if it has problems, which the first call adds. */
  section<K extends Key>(key: K): Section<K> | undefined {
    return this.#once(key, () => {
      // Its one problem is known.
      if (this.#unreadable.has(key)) return undefined;
      const { value, problems } = shape(keys[key], this.raw(key), [key], this.#secretKeys.has(key));
      this.addProblems(problems);
      return value;
    }) as Section<K> | undefined;
  }

  /** The items of a list that fit, with their places in it. The first call adds the problems of the others. */
  items<K extends ListKey>(key: K): Placed<NonNullable<Section<K>>[number]>[] {
    return this.#once(key, () => {
      const raw = this.raw(key);
      if (raw === undefined) return [];
      const list: z.ZodArray<z.ZodType> = keys[key].unwrap();
      const { items, problems } = shapeItems(list, raw, [key], this.#secretKeys.has(key));
      this.addProblems(problems);
      return items;
    }) as Placed<NonNullable<Section<K>>[number]>[];
  }

  /** All sections, or undefined if anything is wrong. Reads the keys that no one has asked for. */
  complete(): Sections | undefined {
    for (const key of Object.keys(keys) as Key[]) if (!this.#read.has(key)) this.section(key);
    return this.problems.length > 0 ? undefined : allKeys.safeParse(Object.fromEntries(this.#entries)).data;
  }

  #once(key: Key, read: () => unknown): unknown {
    if (!this.#read.has(key)) this.#read.set(key, read());
    return this.#read.get(key);
  }

  #enter(key: string, value: unknown): void {
    const known = Object.keys(keys);
    if (!known.includes(key)) {
      this.addProblems([unknownKey(key, known, [])]);
      return;
    }
    const schema = keys[key as Key];
    const decoded = decode(schema, value, this.#secretKeys.has(key));
    if ("value" in decoded) this.#entries.set(key, decoded.value);
    else {
      this.#unreadable.set(key, value);
      this.addProblems([{ path: [key], wrong: decoded.wrong, right: schema.description ?? "Write it as YAML." }]);
    }
  }
}

/** Pulumi.yaml must give every declared key a default; these mean "not set". */
function isUnset(value: unknown): boolean {
  if (value === undefined || value === null || value === "" || value === "{}") return true;
  return typeof value === "object" && !Array.isArray(value) && Object.keys(value).length === 0;
}
