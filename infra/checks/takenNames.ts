/** Checks for names and addresses that another stack has taken. Pure. */
import { formatPath, quote, type Problem } from "../config/validation/problem.ts";
import { writtenObjects } from "../metallb/objects.ts";
import { existsAlready } from "../metallb/owner.ts";
import type { CheckedConfig, ClusterFacts } from "./facts.ts";
import { placedPools, poolClashes } from "./pools.ts";

/** Reports what other stacks have. If the owner is this stack under its former namespace, reports only that. */
export function takenNames(config: CheckedConfig, facts: ClusterFacts): Problem[] {
  const pools = placedPools(config.pools);
  const among = (seen: ClusterFacts) => [...foreignObjects(config, seen), ...poolClashes(pools, config, seen)];
  const all = among(facts);
  const { elsewhere, objects = [] } = facts;
  if (elsewhere === undefined) return all;
  const foreign = ({ owner }: { owner: string | undefined }) => owner !== elsewhere;
  const others = among({ ...facts, pools: facts.pools.filter(foreign), objects: objects.filter(foreign) });
  if (others.length === all.length) return all;
  const wrong = `${quote(config.namespace)} is another namespace than ${quote(elsewhere)}, where this stack is, and an up would make all of it once more, beside what is there`;
  const right = `Write ${quote(elsewhere)} again. To have the stack elsewhere: npm run destroy, and then deploy it with the new one.`;
  return [{ path: ["namespace"], wrong, right }, ...others];
}

/** Reports objects with the same name: an up would overwrite another stack's object, and a destroy would delete it. */
function foreignObjects(config: CheckedConfig, facts: ClusterFacts): Problem[] {
  const pools = facts.pools.map((pool) => ({ ...pool, kind: "IPAddressPool" as const }));
  const others = [...pools, ...(facts.objects ?? [])].filter(
    ({ owner }) => owner !== undefined && owner !== config.namespace,
  );
  const problems = writtenObjects(config).flatMap(({ kind, name, path }) => {
    const found = others.find((other) => other.kind === kind && other.name === name);
    if (found === undefined) return [];
    const wrong = existsAlready(`the ${kind} ${quote(name)}`, found.owner);
    return [{ path, wrong, right: "MetalLB's objects have one namespace for all stacks: take another name." }];
  });
  const keys = problems.map(({ path }) => formatPath(path));
  // Objects named after a peer have the peer's problem, too.
  return problems.filter((_, i) => keys.indexOf(keys[i] ?? "") === i);
}
