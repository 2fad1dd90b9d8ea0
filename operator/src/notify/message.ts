import { createHmac } from "node:crypto";
import { filled, isJson, type NotifyChannel } from "@esddns/common/api";
import type { Note } from "./tracker.ts";

/** A request that is ready to be sent. */
export interface NotifyRequest {
  readonly method: "POST" | "PUT";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const LABELS = {
  Changed: "changed",
  Disputed: "in dispute",
  Failed: "failed",
  Recovered: "recovered",
} as const;
/** Priorities of ntfy: 3 is the default, 5 the most urgent. */
const PRIORITIES = { Changed: "3", Disputed: "4", Failed: "4", Recovered: "3" } as const;
const TAGS = {
  Changed: "arrows_counterclockwise",
  Disputed: "warning",
  Failed: "x",
  Recovered: "white_check_mark",
} as const;
const MAX_LINES = 20;

/** Merges several waiting notes into one with the most serious kind. */
export function merged(notes: readonly Note[], omitted: number): Note | undefined {
  const [first] = notes;
  if (first === undefined) return undefined;
  if (notes.length === 1 && omitted === 0) return first;
  const worst = (["Failed", "Disputed", "Changed", "Recovered"] as const).find((kind) =>
    notes.some((note) => note.kind === kind),
  );
  const lines = notes.slice(0, MAX_LINES).map((note) => `${note.subject} ${LABELS[note.kind]}: ${note.text}`);
  const more = notes.length - lines.length + omitted;
  return {
    key: "several",
    kind: worst ?? first.kind,
    subject: `${notes.length + omitted} things`,
    text: [...lines, ...(more > 0 ? [`and ${more} more`] : [])].join("\n"),
    time: notes.at(-1)?.time ?? first.time,
  };
}

/**
 * Returns the request that notifies a channel. A webhook's body is signed: `esddns-signature` is `sha256=` and the HMAC
 * in hexadecimal of `esddns-timestamp`, a dot and the body. Receivers refuse timestamps that are minutes old.
 *
 * @param now milliseconds since the epoch
 */
export function requestOf(channel: NotifyChannel, note: Note, namespace: string, now: number): NotifyRequest {
  const title = `ESDDNS ${namespace}: ${note.subject} ${LABELS[note.kind]}`;
  const { method, url } = channel;
  switch (channel.type) {
    case "webhook": {
      const { kind, subject, text, time } = note;
      const body = JSON.stringify({ kind, subject, title, text, time, namespace });
      return { method, url, headers: { "content-type": "application/json", ...signature(channel, body, now) }, body };
    }
    case "ntfy":
      return {
        method,
        url,
        headers: {
          "content-type": "text/plain; charset=utf-8",
          // Headers are ASCII, and so are the names of records and namespaces.
          title: title.replace(/[^\x20-\x7e]/g, "?"),
          priority: PRIORITIES[note.kind],
          tags: TAGS[note.kind],
          ...(channel.token === undefined ? {} : { authorization: `Bearer ${channel.token}` }),
        },
        body: note.text,
      };
    case "template": {
      const { kind, subject, text, time } = note;
      const values = { title, text, kind, subject, time, namespace };
      const body = filled(channel.body ?? "", (name) => escaped(values[name], channel.contentType));
      return { method, url, headers: { ...channel.headers, "content-type": channel.contentType }, body };
    }
  }
}

function signature({ secret = "" }: NotifyChannel, body: string, now: number): Record<string, string> {
  const timestamp = String(Math.floor(now / 1000));
  const mac = createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex");
  return { "esddns-timestamp": timestamp, "esddns-signature": `sha256=${mac}` };
}

/** Escapes a value for a quoted JSON text or a form. Plain text takes it unchanged. */
function escaped(value: string, contentType: string): string {
  if (isJson(contentType)) return JSON.stringify(value).slice(1, -1);
  return contentType.startsWith("application/x-www-form-urlencoded") ? encodeURIComponent(value) : value;
}
