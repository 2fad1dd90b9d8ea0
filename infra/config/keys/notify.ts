/** Whom the operator notifies of changes and failures. */
import { channelProblems, notifyChannel, type NotifyChannel } from "@esddns/common/api";
import { z } from "zod";
import { stackKey } from "../keyFacts.ts";
import type { Problem } from "../validation/problem.ts";

export const notifyKey = stackKey(
  z
    .array(notifyChannel)
    .describe("Write a list: [{ name: phone, type: ntfy, url: https://ntfy.sh/my-topic }].")
    .default([]),
  { encrypted: "secret", guide: "notify.md" },
);

/** `encrypted`: whether something in the list is stored as a secret. No problem quotes a value: it may be one. */
export function notifyProblems(channels: readonly NotifyChannel[], encrypted: boolean): Problem[] {
  return channels.flatMap((channel, index) => problemsOf(channel, index, encrypted));
}

function problemsOf(channel: NotifyChannel, index: number, encrypted: boolean): Problem[] {
  const path = ["notify", index];
  const problems: Problem[] = channelProblems(channel).map((wrong) => ({
    path,
    wrong: `is not complete: ${wrong}`,
    right: "See the chapter about notifications in docs/notify.md.",
  }));
  const secrets = (["secret", "token"] as const).filter((key) => channel[key] !== undefined);
  if (encrypted) return problems;
  return [
    ...problems,
    ...secrets.map((key) => ({
      path: [...path, key],
      wrong: "is stored as plain text",
      right: `Store it with: pulumi config set --secret --path 'notify[${index}].${key}'`,
    })),
  ];
}
