/**
 * The commands of the guide for MetalLB that people come from, word for word: what they have learnt goes on working.
 * Its scripts that deploy are `npm run deploy` here; what they set up is a stack called `production`.
 */
export interface GuideCommand {
  /** Typed into a shell. */
  readonly run: string;
  /** Each is somewhere in what it prints. */
  readonly prints?: readonly RegExp[];
  /** It ends only when somebody stops it: `logs -f`, `port-forward`. */
  readonly endless?: boolean;
  /** Nothing need be printed: it looks for trouble that is not there. */
  readonly quiet?: boolean;
}

const ADDRESS = /\d+\.\d+\.\d+\.\d+/;

const waiting: GuideCommand = {
  run: `kubectl wait --namespace metallb-system \\
  --for=condition=ready pod \\
  --selector=app=metallb \\
  --timeout=90s`,
  prints: [/pod\/metallb-controller-\S+ condition met/, /pod\/metallb-speaker-\S+ condition met/],
};

/** Of MetalLB: its state, and what is looked at when an address does not come. */
export const metallb: readonly GuideCommand[] = [
  waiting,
  { run: "kubectl get all -n metallb-system", prints: [/deployment\.apps\/metallb-controller/] },
  { run: "kubectl get ipaddresspool -n metallb-system", prints: [/^esddns-pool /m] },
  { run: "kubectl get ipaddresspool -n metallb-system esddns-pool", prints: [/^esddns-pool /m] },
  { run: "kubectl get l2advertisement -n metallb-system", prints: [/esddns-pool/] },
  { run: "kubectl get pods -n metallb-system", prints: [/^metallb-speaker-\S+ .*Running/m] },
  { run: "kubectl describe pod -n metallb-system", prints: [/^Name: +metallb-speaker-/m] },
  { run: "kubectl logs -n metallb-system -l component=speaker", prints: [/"caller"/] },
  { run: "kubectl logs -n metallb-system -l component=speaker -f", prints: [/"caller"/], endless: true },
  { run: "kubectl logs -n metallb-system -l component=speaker | grep BGP", quiet: true },
];

/** Of the status page: its address, and whether it answers. */
export const page: readonly GuideCommand[] = [
  {
    run: "kubectl get svc -n esddns-production esddns-service",
    prints: [/^esddns-service +LoadBalancer +\S+ +\d+\.\d+\.\d+\.\d+ +80:\d+\/TCP/m],
  },
  {
    run: `EXTERNAL_IP=$(kubectl get svc -n esddns-production esddns-service \\
  -o jsonpath='{.status.loadBalancer.ingress[0].ip}')

echo "LoadBalancer IP: $EXTERNAL_IP"

curl http://$EXTERNAL_IP/`,
    prints: [new RegExp(`LoadBalancer IP: ${ADDRESS.source}`), /<html/],
  },
  { run: "kubectl get pods -n esddns-production", prints: [/^esddns-service-\S+ .*Running/m] },
  { run: "kubectl get all -n esddns-production", prints: [/daemonset\.apps\/esddns-operator-daemon/] },
  { run: "kubectl logs -n esddns-production -l app=esddns-service -f", prints: [/"level":"INFO"/], endless: true },
];

/** Of the operator: the two lines that the guide tells people to look for. */
export const operatorLogs: GuideCommand = {
  run: "kubectl logs -n esddns-production -l app=esddns-operator -f",
  prints: [
    /INFO.*STUN protocol enabled for IP discovery/,
    new RegExp(`INFO.*\\[stun\\] Successfully obtained IP: ${ADDRESS.source}`),
  ],
  endless: true,
};

/** In one shell the first, in another the second. */
export const portForward: readonly [GuideCommand, GuideCommand] = [
  {
    run: "kubectl port-forward -n esddns-production svc/esddns-service 8080:80",
    prints: [/Forwarding from 127\.0\.0\.1:8080/],
    endless: true,
  },
  { run: "curl http://localhost:8080/", prints: [/<html/] },
];

export const restart: readonly GuideCommand[] = [
  {
    run: "kubectl rollout restart daemonset/esddns-operator-daemon -n esddns-production",
    prints: [/daemonset\.apps\/esddns-operator-daemon restarted/],
  },
  {
    run: "kubectl rollout restart deployment/esddns-service -n esddns-production",
    prints: [/deployment\.apps\/esddns-service restarted/],
  },
];
