/**
 * Retries writes until MetalLB's webhook answers. The webhook checks pools and advertisements, but it does not answer
 * at once after an installation: neither the readiness of its pod nor Helm's wait covers it. The provider does not
 * retry the 500 that results.
 */
import { setTimeout as sleep } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import type { Messages } from "../config/messages.ts";

/**
 * How long the webhook may take to start, in milliseconds. An up may follow an installation; before a preview the
 * webhook has had time.
 */
const DEADLINE_MS = 180_000;
const PREVIEW_DEADLINE_MS = 10_000;
const BACKOFF_MS = { first: 500, most: 5_000 };

/** Matches an error that says that the webhook is absent, not that it refused the object. */
const ABSENT = /failed calling webhook|no endpoints available for service/;

export type Verdict = { retryInMs: number } | { giveUp: string | undefined };

/**
 * Decides what to do about a failed write of a MetalLB object. `attempt` counts the failures from 1. `elapsedMs` is the
 * time since the first. `giveUp` is the diagnosis, if any.
 */
export function evaluate(
  error: string,
  attempt: number,
  elapsedMs: number,
  deadlineMs: number,
  namespace: string,
): Verdict {
  if (!ABSENT.test(error)) return { giveUp: undefined };
  if (elapsedMs >= deadlineMs) return { giveUp: diagnosis(error, namespace, elapsedMs) };
  return { retryInMs: Math.min(BACKOFF_MS.first * 2 ** (attempt - 1), BACKOFF_MS.most, deadlineMs - elapsedMs) };
}

/** Returns a hook for every MetalLB object of a stack. `namespace` is MetalLB's. */
export function webhookRetry(name: string, namespace: string, messages: Messages): pulumi.ErrorHook {
  const firstFailures = new Map<string, number>();
  return new pulumi.ErrorHook(name, async ({ urn, errors }) => {
    const now = performance.now();
    const first = firstFailures.get(urn) ?? now;
    firstFailures.set(urn, first);
    const deadlineMs = pulumi.runtime.isDryRun() ? PREVIEW_DEADLINE_MS : DEADLINE_MS;
    const verdict = evaluate(errors[0] ?? "", errors.length, now - first, deadlineMs, namespace);
    if ("giveUp" in verdict) {
      if (verdict.giveUp !== undefined) await messages.error(verdict.giveUp);
      return false;
    }
    await sleep(verdict.retryInMs);
    return true;
  });
}

const CAUSES: readonly [pattern: RegExp, cause: string][] = [
  [/no endpoints available/, "MetalLB's controller is not ready, so nothing serves the webhook."],
  [/x509|certificate/, "The webhook's certificate does not fit the caBundle of metallb-webhook-configuration."],
  [
    /timeout|deadline exceeded|no route to host|connection refused/,
    "The API server does not reach the pod network (a firewall, a proxy variable, a network plugin), or the controller hangs.",
  ],
];

function diagnosis(error: string, namespace: string, elapsedMs: number): string {
  const cause = CAUSES.find(([pattern]) => pattern.test(error))?.[1] ?? "The webhook answers with an error.";
  return [
    `MetalLB's webhook has not answered for ${Math.round(elapsedMs / 1000)} s. ${cause} Look at:`,
    `  kubectl get endpointslices -n ${namespace} -l kubernetes.io/service-name=metallb-webhook-service`,
    `  kubectl get validatingwebhookconfiguration metallb-webhook-configuration -o jsonpath='{.webhooks[0].clientConfig.caBundle}'`,
    `  kubectl get secret metallb-webhook-cert -n ${namespace} -o jsonpath='{.data.ca\\.crt}'   (the two must be equal)`,
    `  kubectl logs -n ${namespace} -l app.kubernetes.io/component=controller`,
  ].join("\n");
}
