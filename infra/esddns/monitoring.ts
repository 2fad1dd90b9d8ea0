import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { LoadedConfig } from "../config/load.ts";
import { dashboard } from "../monitoring/dashboard.ts";
import { monitoringObjects, PODS } from "../monitoring/objects.ts";
import { HTTP_PORT, labels, names } from "../names.ts";
import type { Operator } from "./operator.ts";

interface MonitoringArgs extends Pick<LoadedConfig, "namespace" | "monitoring" | "detection" | "guard"> {
  readonly operator: Pick<Operator, "namespace">;
}

/**
 * The objects by which Prometheus and Grafana find the stack, if the config asks for them. The pods have their
 * annotations already.
 */
export class Monitoring extends pulumi.ComponentResource {
  constructor(name: string, args: MonitoringArgs, options: pulumi.ComponentResourceOptions) {
    super("esddns:monitoring:Monitoring", name, {}, options);
    const { namespace, monitoring, detection, operator, guard } = args;
    const self = { parent: this };
    const { intervalSeconds } = detection;
    for (const { metadata, spec, ...object } of monitoringObjects({ namespace, monitoring, intervalSeconds })) {
      const resource = `${name}-${object.kind.toLowerCase()}`;
      const labelled = { ...metadata, labels: guard.value(metadata.labels, "monitoring") };
      const own = { ...object, metadata: { ...labelled, namespace: operator.namespace } };
      const options = { ...self, ...guard.outputs(["metadata"], "monitoring") };
      // The alerts wait for a number of full rounds.
      const guarded = guard.value(spec, "monitoring", "detection");
      new k8s.apiextensions.CustomResource(resource, { ...own, spec: guarded }, options);
    }
    if (monitoring.monitor === "ServiceMonitor") {
      new k8s.core.v1.Service(
        `${name}-service`,
        {
          metadata: {
            name: names.metrics,
            namespace: operator.namespace,
            labels: labels(names.metrics),
            annotations: { "pulumi.com/skipAwait": "true" },
          },
          spec: {
            clusterIP: "None",
            selector: PODS,
            // A pod that is not ready is the one to scrape.
            publishNotReadyAddresses: true,
            ports: [{ name: "http", port: HTTP_PORT, targetPort: HTTP_PORT, protocol: "TCP" }],
          },
        },
        self,
      );
    }
    if (monitoring.dashboard) {
      new k8s.core.v1.ConfigMap(
        `${name}-dashboard`,
        {
          metadata: {
            name: names.dashboard,
            namespace: operator.namespace,
            labels: guard.value({ ...labels(names.dashboard), ...monitoring.dashboardLabels }, "monitoring"),
          },
          data: { "esddns.json": JSON.stringify(dashboard(), undefined, 2) },
        },
        { ...self, ...guard.outputs(["metadata"], "monitoring") },
      );
    }
    this.registerOutputs({});
  }
}
