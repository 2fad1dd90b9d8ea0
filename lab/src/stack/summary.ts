/** Prints the end of a run of the lab: the addresses, how to see them, and what is not the real thing. */
import { z } from "zod";
import { labStack, pulumiCommand, standIns } from "./pulumi.ts";
import { onHost, run } from "../machine/run.ts";
import { internet, lan } from "../topology.ts";

const outputs = z.looseObject({
  loadBalancerIp: z.string().optional(),
  wanIp: z.string().optional(),
  statusUrl: z.string().optional(),
  namespace: z.string(),
  records: z.array(z.looseObject({ fqdn: z.string(), type: z.string() })),
});
type Outputs = z.infer<typeof outputs>;

export async function labSummary(): Promise<string> {
  return summaryText(await stackOutputs(), await standIns());
}

async function stackOutputs(): Promise<Outputs> {
  const { argv, env, cwd } = await pulumiCommand(["stack", "output", "--json", "--stack", labStack]);
  return outputs.parse(JSON.parse(await run(onHost(lan.client.name, argv), { env, cwd, timeoutMs: 60_000 })));
}

/**
 * Returns the text. Pure.
 * @param plugins the programs that stand in for Pulumi's own here.
 */
export function summaryText(stack: Outputs, plugins: readonly string[]): string {
  const digs = stack.records.map(
    ({ fqdn, type }) => `npm run lab -- exec client dig +short @${internet.dns.ipv4} ${fqdn} ${type}`,
  );
  return [
    "",
    "Outputs",
    ...Object.entries(stack).map(([name, value]) => `  ${name.padEnd(16)} ${text(value)}`),
    "",
    "Look at it",
    `  the page          npm run lab -- exec client curl -s ${stack.statusUrl ?? "(no address yet)"}`,
    ...digs.map((command, i) => `  ${i === 0 ? "the record" : "          "}        ${command}`),
    `  another address   npm run lab -- wan 198.51.100.77`,
    `  votes and state   npm run lab -- kubectl get wan,dnsrecords,wanobservations -n ${stack.namespace}`,
    "",
    "Not the real thing here",
    "  api.gandi.net is a stand-in for Gandi LiveDNS; what it accepts goes to a real DNS server",
    ...plugins.map((name) => `  ${name} is a stand-in`),
    "  NetworkPolicy objects are deployed, but the lab's network does not enforce them",
    "",
  ].join("\n");
}

function text(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
