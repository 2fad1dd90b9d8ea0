/**
 * `npm run doctor [-- NAMESPACE]` reports what is wrong with a deployed stack, and what to do. Exit status 1: something
 * is wrong.
 *
 * `npm run doctor -- --addresses RANGE…`, before the first use, reports whether other devices already have these
 * addresses.
 */
import { unusedOnLan } from "./freeAddresses.ts";
import type { Get } from "@esddns/common/cluster";
import { kubectlGet } from "./read/get.ts";
import { environmentOf, namespaces, readFacts } from "./read/reads.ts";
import { printReport } from "./report/report.ts";
import { examine } from "./checks/checks.ts";

const USAGE = `Say it: npm run doctor -- esddns-production
Before there is a stack: npm run doctor -- --addresses 192.168.1.100-192.168.1.110
`;

const [first, ...more] = process.argv.slice(2);
process.exitCode = await perform();

async function perform(): Promise<number> {
  if (first === "--addresses") return print(await unusedOnLan(more));
  if (first?.startsWith("-") || more.length > 0) return refuse(`"${process.argv.slice(2).join(" ")}" is no namespace`);
  const get = kubectlGet(process.env["KUBECTL"] ?? "kubectl");
  const namespace = first ?? (await onlyNamespace(get));
  if (namespace === undefined) return 1;
  const environment = await environmentOf(get, namespace);
  const lines = examine(await readFacts({ place: "outside", get, namespace, environment }, Date.now()));
  return print({ text: printReport(namespace, lines), well: lines.every(({ state }) => state !== "wrong") });
}

function print({ text, well }: { text: string; well: boolean }): number {
  process.stdout.write(text);
  return well ? 0 : 1;
}

function refuse(why: string): number {
  process.stderr.write(`doctor: ${why}\n${USAGE}`);
  return 2;
}

async function onlyNamespace(get: Get): Promise<string | undefined> {
  const found = await namespaces(get);
  const [only, ...others] = found.read ? found.value : [];
  if (only !== undefined && others.length === 0) return only;
  const names = [only, ...others].join(", ");
  const why = !found.read
    ? found.why
    : only === undefined
      ? "no namespace has a WanAddress"
      : `there are several: ${names}`;
  process.stderr.write(`doctor: which namespace? ${why}\n${USAGE}`);
  return undefined;
}
