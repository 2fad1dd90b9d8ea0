/** BGP between MetalLB on the nodes and the router, as data: what the stack is told and what the router is told. Pure. */
import { lan, type Host } from "../../topology.ts";

/** Two of the AS numbers that RFC 5398 reserves for documentation. */
const asn = { cluster: 64500, router: 64501 } as const;

export const PEER = "router-peer";

/**
 * Laid over the lab's stack config. MetalLB's own BGP announces IPv4 alone and refuses a pool with IPv6 addresses, so
 * the pool, and with it the page, has none while BGP is on.
 */
export function bgpStackConfig(pool: { name: string; addresses: readonly string[] }): Record<string, unknown> {
  return {
    "esddns:pools": [{ ...pool, addresses: pool.addresses.filter((range) => !range.includes(":")) }],
    "esddns:bgp": {
      peers: [
        {
          name: PEER,
          myASN: asn.cluster,
          peerASN: asn.router,
          peerAddress: lan.router.ipv4,
          generatePassword: true,
        },
      ],
      advertisements: [{ name: "esddns-bgp", pools: [pool.name] }],
    },
  };
}

/**
 * bird.conf of the router: it waits for the nodes, which call it, takes the routes that they announce and gives them to
 * the kernel, those of several nodes as one with several ways.
 */
export function renderBird(password: string, nodes: readonly Host[]): string {
  const sessions = nodes.map(
    ({ name, ipv4 }) => `
protocol bgp ${name} from node {
  neighbor ${ipv4} as ${asn.cluster};
}
`,
  );
  return `log stderr all;
router id ${lan.router.ipv4};

protocol device {
}

protocol kernel {
  merge paths on;
  ipv4 {
    import none;
    export all;
  };
}

template bgp node {
  local ${lan.router.ipv4} as ${asn.router};
  passive;
  password "${password}";
  ipv4 {
    import all;
    export none;
  };
}
${sessions.join("")}`;
}

/** `birdc show protocols`: session → its state, such as Established, Active or Down. */
export function sessionStates(birdc: string): Map<string, string> {
  const states = new Map<string, string>();
  for (const line of birdc.split("\n")) {
    const [name = "", protocol, , state = "", , info] = line.trim().split(/\s+/);
    if (protocol === "BGP") states.set(name, info ?? state);
  }
  return states;
}
