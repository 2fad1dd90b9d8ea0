/** Checks whether adopted custom resource definitions define the fields that this stack would write. Pure. */
import { crds } from "@esddns/common/api";
import type { StackConfig } from "../config/parse.ts";
import type { Problem } from "../config/validation/problem.ts";
import type { Definitions } from "./facts.ts";
import { fieldsOf } from "./readDefinitions.ts";

type Writes = Pick<StackConfig, "pools" | "l2" | "bgp">;

/** Reports missing definitions and fields. `version` is that of the running MetalLB, for the message. */
export function definitionProblems(config: Writes, there: Definitions, version: string | undefined): Problem[] {
  return [...metallbProblems(config, there, version), ...ownProblems(there)];
}

function metallbProblems(config: Writes, there: Definitions, version: string | undefined): Problem[] {
  const which = version === undefined ? "the MetalLB there" : `the MetalLB there, ${version},`;
  const right = "Update that MetalLB, or do without.";
  const problems: Problem[] = [];
  for (const [definition, objects] of written(config)) {
    if (objects.length === 0) continue;
    const known = there.get(definition);
    const [name = "", served = ""] = definition.split(" ");
    if (known === undefined) {
      problems.push({ path: ["shared"], wrong: `${which} has no ${name} of version ${served}`, right });
      continue;
    }
    for (const { path, fields } of objects)
      for (const field of fields)
        if (!known.has(field)) problems.push({ path, wrong: `${which} does not know ${field} of ${name}`, right });
  }
  return problems;
}

/** Lists the fields of `spec` of each object that the config asks for, by definition. */
function written({ pools, l2, bgp }: Writes): [definition: string, { path: Problem["path"]; fields: string[] }[]][] {
  const at = (fields: Readonly<Record<string, readonly unknown[] | boolean>>) =>
    Object.entries(fields).flatMap(([field, value]) =>
      (Array.isArray(value) ? value.length > 0 : value) ? [field] : [],
    );
  const allocation = "serviceAllocation";
  return [
    [
      "ipaddresspools.metallb.io v1beta1",
      pools.map((pool, i) => ({
        path: ["pools", i],
        fields: [
          "addresses",
          ...at({
            autoAssign: !pool.autoAssign,
            avoidBuggyIPs: pool.avoidBuggyIPs,
            [`${allocation}.namespaces`]: pool.namespaces,
            [`${allocation}.namespaceSelectors`]: pool.namespaceSelectors,
            [`${allocation}.serviceSelectors`]: pool.serviceSelectors,
          }),
        ],
      })),
    ],
    [
      "l2advertisements.metallb.io v1beta1",
      l2.map(({ interfaces, nodeSelectors }, i) => ({
        path: ["l2", i],
        fields: ["ipAddressPools", ...at({ interfaces, nodeSelectors })],
      })),
    ],
    [
      "bgppeers.metallb.io v1beta2",
      bgp.peers.map((peer, i) => ({
        path: ["bgp", "peers", i],
        fields: at({
          passwordSecret: [peer.password, peer.passwordSecret, peer.generatePassword].some(Boolean),
          keepaliveTime: peer.keepaliveTime !== undefined,
          nodeSelectors: peer.nodeSelectors,
        }),
      })),
    ],
    [
      "bgpadvertisements.metallb.io v1beta1",
      bgp.advertisements.map(({ nodeSelectors }, i) => ({
        path: ["bgp", "advertisements", i],
        fields: ["ipAddressPools", "peers", ...at({ nodeSelectors })],
      })),
    ],
  ];
}

/**
 * Checks ESDDNS's own definitions when another stack installed them: they must define every field that this version
 * writes.
 */
function ownProblems(there: Definitions): Problem[] {
  return crds.flatMap((crd) =>
    [...fieldsOf(crd)].flatMap(([definition, fields]) => {
      const name = definition.split(" ")[0] ?? "";
      const known = there.get(definition);
      const path = ["shared"];
      if (known === undefined) {
        const right = "The stack with esddns:shared own installs it; without one: npm run deploy -- STACK --adopt";
        return [{ path, wrong: `there is no definition of ${name} in the cluster`, right }];
      }
      const missing = [...fields].filter((field) => !known.has(field));
      if (missing.length === 0) return [];
      const wrong = `the definition of ${name} in the cluster is older than this program: it lacks ${missing.slice(0, 3).join(", ")}`;
      return [{ path, wrong, right: "Update the stack that has esddns:shared own first." }];
    }),
  );
}
