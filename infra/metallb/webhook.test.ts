import { describe, expect, it } from "vitest";
import { evaluate } from "./webhook.ts";

const ABSENT =
  'Internal error occurred: failed calling webhook "ipaddresspoolvalidationwebhook.metallb.io": connect: connection refused';

describe("a write that MetalLB's webhook did not answer", () => {
  it("is tried again, less and less often, until the deadline", () => {
    const waits: number[] = [];
    let elapsedMs = 0;
    for (let attempt = 1; ; attempt++) {
      const verdict = evaluate(ABSENT, attempt, elapsedMs, 60_000, "metallb-system");
      if ("giveUp" in verdict) break;
      waits.push(verdict.retryInMs);
      elapsedMs += verdict.retryInMs;
    }
    expect(waits.slice(0, 5)).toEqual([500, 1000, 2000, 4000, 5000]);
    expect(elapsedMs).toBe(60_000);
    // The engine gives up by itself after a hundred attempts.
    expect(waits.length).toBeLessThan(100);
  });

  it.each([
    [ABSENT, "does not reach the pod network"],
    ['failed calling webhook "x": x509: certificate signed by unknown authority', "caBundle"],
    ['no endpoints available for service "metallb-webhook-service"', "controller is not ready"],
  ])("ends with a diagnosis: %s", (error, cause) => {
    const verdict = evaluate(error, 9, 180_000, 180_000, "lb");
    expect(verdict).toHaveProperty("giveUp", expect.stringContaining(cause));
    expect(verdict).toHaveProperty("giveUp", expect.stringContaining("kubectl logs -n lb"));
  });

  it("is not mistaken for one that the webhook refused", () => {
    const refused = 'admission webhook "ipaddresspoolvalidationwebhook.metallb.io" denied the request: overlap';
    expect(evaluate(refused, 1, 0, 60_000, "metallb-system")).toEqual({ giveUp: undefined });
  });
});
