import { type FamilyUse, isNearlyFull, NEARLY_FULL, type Read, useInWords } from "@esddns/common/cluster";
import { badge, quiet, section } from "./elements.ts";
import { type Html, markup } from "./markup.ts";
import type { PoolUse, ClusterView } from "../snapshot/clusterView.ts";

/** Renders the page's own address on the LAN, the node that announces it, and how full the pools are. */
export function loadBalancer(clusterView: ClusterView | undefined): Html {
  if (clusterView === undefined) return markup``;
  const { addresses, announcedBy, pools } = clusterView;
  return section(
    "loadbalancer",
    "LoadBalancer",
    markup`<div class="cards">
    <article class="card">
      <h3>Address on the LAN</h3>
      ${told(addresses, (value) =>
        value.length === 0
          ? markup`<p>${badge("bad", "pending")} Is an address of the pool free, and does MetalLB run? npm run doctor tells.</p>`
          : value.map((address) => markup`<p class="address">${address}</p>`),
      )}
      <p class="quiet">Announced by ${
        announcedBy.read
          ? announcedBy.value.length === 0
            ? "nobody on layer 2: by BGP, or not at all"
            : announcedBy.value.join(", ")
          : `– unknown: ${announcedBy.why}`
      }</p>
    </article>
    <article class="card">
      <h3>Address pools</h3>
      ${told(pools, (value) => (value.length === 0 ? markup`<p class="quiet">This stack has none.</p>` : value.flatMap(poolUse)))}
    </article></div>`,
  );
}

function told<T>(fact: Read<T>, show: (value: T) => Html | Html[]): Html | Html[] {
  return fact.read ? show(fact.value) : markup`<p>${quiet(`unknown: ${fact.why}`)}</p>`;
}

function poolUse({ name, families }: PoolUse): Html[] {
  if (families.length === 0) return [markup`<p><strong>${name}</strong> has no address to give</p>`];
  return families.map((use) => familyUse(name, use));
}

function familyUse(pool: string, use: FamilyUse): Html {
  const { family, assigned, available } = use;
  const total = assigned + available;
  const words = useInWords(use);
  return markup`<p><strong>${pool}</strong> ${words}
    ${isNearlyFull(use) && badge(available === 0 ? "bad" : "warn", available === 0 ? "full" : "nearly full")}
    <meter min="0" max="${total}" high="${total * NEARLY_FULL}" optimum="0" value="${assigned}" aria-label="Use of ${pool}, ${family}">${words}</meter></p>`;
}
