/** Returns what the pods may connect to. It has no effect if the network plugin enforces no NetworkPolicy. Pure. */
import type * as k8s from "@pulumi/kubernetes";
import { HTTP_PORT, PUSH_PORT } from "../names.ts";

type PolicySpec = k8s.types.input.networking.v1.NetworkPolicySpec;
type EgressRule = k8s.types.input.networking.v1.NetworkPolicyEgressRule;

/** The internet without private networks. The operator needs only DNS and the API server of the LAN and the cluster. */
const INTERNET: EgressRule = {
  to: [
    {
      ipBlock: {
        cidr: "0.0.0.0/0",
        except: ["10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"],
      },
    },
    { ipBlock: { cidr: "::/0", except: ["fc00::/7", "fe80::/10"] } },
  ],
};

const DNS: EgressRule = { ports: [port("UDP", 53), port("TCP", 53)] };

/**
 * The API server's ports: of its Service, of kubeadm, k3s and most others, of minikube, of MicroK8s. A policy names the
 * ports because only the cluster knows the addresses. It names both kinds because most network plugins check the
 * endpoint and its port, and a few check the Service.
 */
export const API_SERVER_PORTS: readonly number[] = [443, 6443, 8443, 16443];

/**
 * Returns the policy for the pods of one app: in to the ports they serve, out to DNS and the API server. The port for
 * health is not named: a pod's own node is always let in, and only the node needs it.
 * `internet` also allows every address that is not private. `alsoTo` has further CIDRs, allowed on any port.
 * `apiServerPorts` replaces the usual ports. `router` is the one address that may be asked by NAT-PMP (RFC 6886).
 * `push` also allows POST /probe.
 */
export function egressPolicy(
  app: string,
  options: {
    internet: boolean;
    alsoTo: readonly string[];
    apiServerPorts: readonly number[];
    router?: string | undefined;
    push?: boolean;
  },
): PolicySpec {
  const { router } = options;
  const apiServer = new Set([...API_SERVER_PORTS, ...options.apiServerPorts]);
  const besides = options.alsoTo.map((cidr) => ({ ipBlock: { cidr } }));
  return {
    podSelector: { matchLabels: { app } },
    policyTypes: ["Ingress", "Egress"],
    ingress: [{ ports: [port("TCP", HTTP_PORT), ...(options.push === true ? [port("TCP", PUSH_PORT)] : [])] }],
    egress: [
      DNS,
      { ports: [...apiServer].map((number) => port("TCP", number)) },
      ...(options.internet ? [INTERNET] : []),
      ...(besides.length > 0 ? [{ to: besides }] : []),
      ...(router === undefined ? [] : [{ to: [{ ipBlock: { cidr: `${router}/32` } }], ports: [port("UDP", 5351)] }]),
    ],
  };
}

function port(protocol: "TCP" | "UDP", number: number): k8s.types.input.networking.v1.NetworkPolicyPort {
  return { protocol, port: number };
}
