import { PAGE_SERVICE_NAME } from "@esddns/common/api";

/** Names that users' commands and the operator rely on. */
export const names = {
  operator: { app: "esddns-operator", daemonSet: "esddns-operator-daemon", serviceAccount: "esddns-operator" },
  page: {
    app: "esddns-service",
    deployment: "esddns-service",
    service: PAGE_SERVICE_NAME,
    tlsSecret: "esddns-service-tls",
    serviceAccount: "esddns-service",
  },
  tokenSecret: { name: "esddns-gandi", key: "token" },
  notifySecret: { name: "esddns-notify", key: "channels.json" },
  push: { service: "esddns-push", secret: "esddns-push", key: "token" },
  metrics: "esddns-metrics",
  dashboard: "esddns-dashboard",
  caConfigMap: { name: "esddns-extra-ca", key: "ca.pem" },
} as const;

/** The port on which every pod serves health, metrics and the page. */
export const HTTP_PORT = 8080;
/** The port for POST /probe only, which the push Service makes available on the LAN. */
export const PUSH_PORT = 8081;
/** The port for health only, for the kubelet. No other client uses up its connection limit. */
export const HEALTH_PORT = 8082;

export function labels(app: string): Record<string, string> {
  return { app, "app.kubernetes.io/name": app, "app.kubernetes.io/part-of": "esddns" };
}
