import { type NotifyChannel, notifyChannel } from "@esddns/common/api";
import type { Note } from "./tracker.ts";

export const SECRET = "sixteen-characters-and-more";

export function webhook(overrides: Partial<NotifyChannel> = {}): NotifyChannel {
  return {
    ...notifyChannel.parse({ name: "hook", type: "webhook", url: "https://hook.test/in?x=1", secret: SECRET }),
    ...overrides,
  };
}

export function note(overrides: Partial<Note> = {}): Note {
  return {
    key: "state home.example.com",
    kind: "Failed",
    subject: "home.example.com",
    text: 'Gandi says "no".\nCreate a new token.',
    time: "2026-03-01T12:00:00.000Z",
    ...overrides,
  };
}
