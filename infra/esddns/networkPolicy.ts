/** What the pods may talk to. Where the network plugin enforces no NetworkPolicy, this changes nothing. Pure. */
import type * as k8s from "@pulumi/kubernetes";
import { HTTP_PORT, PUSH_PORT } from "../names.ts";

type PolicySpec = k8s.types.input.networking.v1.NetworkPolicySpec;
type EgressRule = k8s.types.input.networking.v1.NetworkPolicyEgressRule;

/** Neither the LAN nor the cluster is the operator's business, apart from DNS and the API server. */
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
 * Of its Service, of kubeadm, k3s and most others, of minikube, of MicroK8s. Its addresses are known to the cluster only,
 * and most network plugins judge by the endpoint and its port, a few by the Service: so by port, and both.
 */
export const API_SERVER_PORTS: readonly number[] = [443, 6443, 8443, 16443];

/**
 * For the pods of one app: in to what they serve, out to DNS and the API server. The port of health is not named: a pod's
 * own node gets in whatever a policy says, and nobody else has to.
 * `internet`: also anywhere that is not private. `alsoTo`: CIDRs that are allowed besides, on any port.
 * `apiServerPorts`: others than the usual ones.
 * `router`: the one address that may be asked by NAT-PMP (RFC 6886). `push`: in to POST /probe, too.
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
