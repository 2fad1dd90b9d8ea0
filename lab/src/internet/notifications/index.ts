/** Whom the lab's stack tells: one server on the LAN that takes all three kinds of messages. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import { configured } from "../configured.ts";
import { put, readIfThere } from "../files.ts";
import { stateDir } from "../../paths.ts";
import { onHost, run } from "../../machine/run.ts";
import type { Service } from "../../machine/service.ts";
import { lan } from "../../topology.ts";

const PORT = 8099;
const url = (path: string): string => `http://${lan.client.ipv4}:${PORT}/${path}`;

/** The key of the webhook's signature. */
export const notifySecretFile = join(stateDir, "notify-secret");

/** Its log, `npm run lab -- logs notes`, has what came. */
export async function notesService(): Promise<Service> {
  const program = join(import.meta.dirname, "receiver.ts");
  const service: Service = {
    name: "notes",
    host: lan.client.name,
    command: [process.execPath, program, "--port", String(PORT)],
    ready: async () => {
      await run(onHost(lan.client.name, ["curl", "-sS", "--fail", "--max-time", "2", url("")]), { timeoutMs: 4_000 });
    },
  };
  return configured(service, [program]);
}

const kept = z.array(z.looseObject({ secret: z.unknown() })).catch([]);

/** `esddns:notify` of the lab's stack, with the secret that an earlier config has, encrypted as it is. */
export function notifyConfig(earlier: unknown): Record<string, unknown>[] {
  const [{ secret } = {}] = kept.parse(earlier);
  return [
    { name: "hook", type: "webhook", url: url("hook"), ...(secret === undefined ? {} : { secret }) },
    { name: "phone", type: "ntfy", url: url("ntfy") },
    { name: "slack", type: "template", url: url("slack"), body: '{"text": "*{{title}}*\\n{{text}}"}' },
  ];
}

/** The key to be stored in the config, made on first use; undefined: it is there. */
export async function missingSecret(notify: unknown): Promise<string | undefined> {
  const [first] = kept.parse(notify);
  if (first?.secret !== undefined) return undefined;
  if ((await readIfThere(notifySecretFile)) === undefined) {
    await put(notifySecretFile, randomBytes(24).toString("hex"), 0o600);
  }
  return readIfThere(notifySecretFile);
}
