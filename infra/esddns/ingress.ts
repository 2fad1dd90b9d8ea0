import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Guard } from "../config/guard.ts";
import type { StackConfig } from "../config/parse.ts";
import { labels, names } from "../names.ts";

/** Serves the page under its own host name, through the Ingress controller that the cluster has. */
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
            // cert-manager creates the Secret that tls names. One of these annotations names its issuer.
            ...(tls?.clusterIssuer === undefined ? {} : { "cert-manager.io/cluster-issuer": tls.clusterIssuer }),
            ...(tls?.issuer === undefined ? {} : { "cert-manager.io/issuer": tls.issuer }),
            ...annotations,
            // Not every controller writes its address into the status, and the page has an address of its own anyway.
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
