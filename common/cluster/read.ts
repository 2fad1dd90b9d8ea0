/** The result of reading an object of the cluster, and the parser of the API server's answers. */
import type * as z from "zod";
import { clean } from "../text.ts";

/** A value, or the reason why there is none. */
export type Read<T> = { readonly read: true; readonly value: T } | Unread;

export interface Unread {
  readonly read: false;
  /** For people. */
  readonly why: string;
  /** The API server's reason (metav1.StatusReason). `Failed`: no answer, or an unusable one. */
  readonly reason: "NotFound" | "Forbidden" | "Failed";
}

/** GETs a path of the API server, as text. */
export type Get = (path: string) => Promise<Read<string>>;

export function failedRead(why: string, reason: Unread["reason"] = "Failed"): Unread {
  return { read: false, why, reason };
}

export function mapRead<S, T>(from: Read<S>, of: (value: S) => T): Read<T> {
  return from.read ? { read: true, value: of(from.value) } : from;
}

/** @param reviver passed to JSON.parse */
export function parseAnswer<S extends z.ZodType>(
  path: string,
  text: string,
  schema: S,
  reviver?: (key: string, value: unknown) => unknown,
): Read<z.output<S>> {
  const json = parseJson(text, reviver);
  if (json === undefined) return failedRead(notJson(path, text));
  const parsed = schema.safeParse(json.value);
  return parsed.success ? { read: true, value: parsed.data } : failedRead(`${path} is not of the expected form`);
}

/** Returns the reason that `kubectl get --raw` printed to standard error. */
export function reasonOf(stderr: string): Unread["reason"] {
  if (/NotFound|could not find the requested/.test(stderr)) return "NotFound";
  return /forbidden/i.test(stderr) ? "Forbidden" : "Failed";
}

function parseJson(text: string, reviver?: (key: string, value: unknown) => unknown): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text, reviver) };
  } catch {
    return undefined;
  }
}

/** Proxies send their login page with status 200, and a wrapper of kubectl may print a banner. */
function notJson(path: string, answer: string): string {
  const begin = clean(answer.trim().split("\n")[0] ?? "", MAX_SHOWN);
  const got = begin === "" ? "nothing" : `"${begin}"`;
  return `GET ${path} printed ${got} where JSON was due. A login page of a proxy or a wrapper around kubectl does that`;
}

/** Characters. */
const MAX_SHOWN = 80;
