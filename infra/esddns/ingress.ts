import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Guard } from "../config/guard.ts";
import type { StackConfig } from "../config/parse.ts";
import { labels, names } from "../names.ts";

/** The page under a name of its own, through whatever Ingress controller the cluster has. */
export function pageIngress(
  name: string,
  namespace: pulumi.Input<string>,
  { host, className, annotations, tls }: NonNullable<StackConfig["service"]["ingress"]>,
  guard: Guard,
  options: pulumi.CustomResourceOptions,
): k8s.networking.v1.Ingress {
  const secretName = tls?.secretName ?? names.page.tlsSecret;
  return new k8s.networking.v1.Ingress(
    `${name}-ingress`,
    {
      metadata: {
        name: names.page.service,
        namespace,
        labels: labels(names.page.app),
        annotations: guard.value(
          {
            // cert-manager makes the Secret that tls names, by whom one of these says.
            ...(tls?.clusterIssuer === undefined ? {} : { "cert-manager.io/cluster-issuer": tls.clusterIssuer }),
            ...(tls?.issuer === undefined ? {} : { "cert-manager.io/issuer": tls.issuer }),
            ...annotations,
            // Not every controller writes its address into the status; the page is reached by its own anyway.
            "pulumi.com/skipAwait": "true",
          },
          "service",
        ),
      },
      spec: guard.value(
        {
          ...(className === undefined ? {} : { ingressClassName: className }),
          ...(tls === undefined ? {} : { tls: [{ hosts: [host], secretName }] }),
          rules: [
            {
              host,
              http: {
                paths: [
                  {
                    path: "/",
                    pathType: "Prefix",
                    backend: { service: { name: names.page.service, port: { name: "http" } } },
                  },
                ],
              },
            },
          ],
        },
        "service",
      ),
    },
    { ...options, ...guard.outputs(["metadata", "status"], "service") },
  );
}
