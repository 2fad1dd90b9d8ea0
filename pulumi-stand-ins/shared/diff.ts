/** Differences of two JSON values as Pulumi's detailed diffs. */
import type { DetailedDiff, DiffKind } from "./provider.ts";
import { isObject, isUnknown } from "./values.ts";
import type { Json, JsonObject } from "./values.ts";

/** Steps from the top of an object: keys and list indices. */
export type Path = readonly (string | number)[];

export interface DiffOptions {
  /** A change here means that the resource has to be replaced. Called with the path of each difference. */
  readonly replaces?: (path: Path) => boolean;
  readonly ignored?: (path: Path) => boolean;
}

/** Compares leaf by leaf; lists by index. Both sides without secret marks. */
export function detailedDiff(olds: JsonObject, news: JsonObject, options: DiffOptions = {}): DetailedDiff {
  const result: DetailedDiff = {};
  for (const { path, kind } of differences(olds, news, [])) {
    if (options.ignored?.(path) === true) continue;
    const replace = options.replaces?.(path) === true;
    result[pathText(path)] = diffOf(kind, replace);
  }
  return result;
}

/** As the engine writes paths: `spec.ports[0].port`, `metadata.annotations["pulumi.com/waitFor"]`. */
export function pathText(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${step}]`;
    if (/[."[\]]/.test(step)) return `${text}["${step.replaceAll('"', '\\"')}"]`;
    return text === "" ? step : `${text}.${step}`;
  }, "");
}

/** The reverse of pathText, for `ignoreChanges`; `*` stays a step of its own. */
export function parsePath(text: string): Path {
  const steps: (string | number)[] = [];
  for (const match of text.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+|\*)\]|([^.[\]]+)/g)) {
    const [, quoted, index, key] = match;
    if (quoted !== undefined) steps.push(quoted.replaceAll('\\"', '"'));
    else if (index !== undefined) steps.push(index === "*" ? "*" : Number(index));
    else if (key !== undefined) steps.push(key);
  }
  return steps;
}

/** True if `path` is `container` or lies below it; a `*` in `container` fits any step. */
export function contains(container: Path, path: Path): boolean {
  return container.length <= path.length && container.every((step, i) => step === "*" || step === path[i]);
}

type Change = "add" | "delete" | "update";

function* differences(
  olds: Json | undefined,
  news: Json | undefined,
  path: Path,
): Generator<{ path: Path; kind: Change }> {
  if (olds === undefined || olds === null) {
    if (news !== undefined && news !== null) yield { path, kind: "add" };
  } else if (news === undefined || news === null) {
    yield { path, kind: "delete" };
  } else if (Array.isArray(olds) && Array.isArray(news)) {
    for (let i = 0; i < Math.max(olds.length, news.length); i++) yield* differences(olds[i], news[i], [...path, i]);
  } else if (isObject(olds) && isObject(news)) {
    const keys = new Set([...Object.keys(olds), ...Object.keys(news)]);
    for (const key of keys) yield* differences(olds[key], news[key], [...path, key]);
  } else if (isUnknown(news) || olds !== news) {
    yield { path, kind: "update" };
  }
}

function diffOf(change: Change, replace: boolean): { kind?: DiffKind } {
  if (change === "add") return replace ? { kind: "ADD_REPLACE" } : {};
  if (change === "delete") return { kind: replace ? "DELETE_REPLACE" : "DELETE" };
  return { kind: replace ? "UPDATE_REPLACE" : "UPDATE" };
}
