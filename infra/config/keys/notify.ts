/** What must hold for a channel of `notify` beyond its shape. */
import { channelProblems, type NotifyChannel } from "@esddns/common/api";
import type { Problem } from "../validation/problem.ts";

/** `encrypted`: whether something in the list is stored as a secret. No value is quoted: it may be one. */
export function checkChannel(channel: NotifyChannel, index: number, encrypted: boolean): Problem[] {
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
