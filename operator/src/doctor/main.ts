/** `npm run doctor [-- NAMESPACE]`: what is wrong with a deployed stack, and what to do. Exit status 1: something is. */
import { examine } from "./checks.ts";
import { kubectlGet, namespaces, readFacts } from "./reads.ts";
import { print } from "./report.ts";

const get = kubectlGet(process.env["KUBECTL"] ?? "kubectl");
const namespace = process.argv[2] ?? (await onlyNamespace());
if (namespace === undefined) process.exitCode = 1;
else {
  const lines = examine(await readFacts(get, namespace, Date.now()));
  process.stdout.write(`ESDDNS in ${namespace}\n${print(lines)}`);
  if (lines.some(({ state }) => state === "wrong")) process.exitCode = 1;
}

async function onlyNamespace(): Promise<string | undefined> {
  const found = await namespaces(get);
  const [first, ...more] = found.read ? found.value : [];
  if (first !== undefined && more.length === 0) return first;
  const names = [first, ...more].join(", ");
  const why = !found.read
    ? found.why
    : first === undefined
      ? "no namespace has a WanAddress"
      : `there are several: ${names}`;
  process.stderr.write(`doctor: which namespace? ${why}\nSay it: npm run doctor -- esddns-production\n`);
  return undefined;
}
