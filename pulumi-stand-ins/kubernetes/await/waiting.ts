/** Waiting for a cluster: look, report, look again. */
import type { Clock } from "../../shared/clock.ts";
import type { Severity } from "../../shared/provider.ts";
import type { JsonObject } from "../../shared/values.ts";
import { numberAt } from "../../shared/values.ts";
import { annotation, annotationOf } from "../objects.ts";

/** What one look at the cluster says. */
export interface Progress {
  readonly done: boolean;
  /** Shown while waiting. */
  readonly messages: readonly Message[];
  /** What stands in the way, for the error when time runs out. */
  readonly problems?: readonly string[];
}
export type Message = readonly [severity: Severity, text: string];

export interface Waiting {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  readonly report: (severity: Severity, text: string) => void;
}

const pollMs = 250;
const defaultTimeoutSeconds = 600;

export class NotReadyError extends Error {
  readonly reasons: readonly string[];

  constructor(message: string, reasons: readonly string[] = []) {
    super(message);
    this.name = "NotReadyError";
    this.reasons = reasons;
  }
}

/** Rejects with a NotReadyError when time runs out or the user cancels. A message is shown once, until another one is. */
export async function waitUntil(look: () => Promise<Progress>, name: string, waiting: Waiting): Promise<void> {
  const deadline = waiting.clock.now() + waiting.timeoutMs;
  let shown = new Set<string>();
  for (;;) {
    const progress = await look();
    const texts = new Set(progress.messages.map(([, text]) => text));
    for (const [severity, text] of progress.messages) if (!shown.has(text)) waiting.report(severity, text);
    shown = texts;
    if (progress.done) return;
    if (waiting.clock.now() >= deadline) throw new NotReadyError(timeoutText(name), progress.problems);
    try {
      await waiting.clock.sleep(Math.min(pollMs, deadline - waiting.clock.now()), waiting.signal);
    } catch {
      throw new NotReadyError(`Resource operation was cancelled for "${name}"`, progress.problems);
    }
  }
}

/** Named things have a sentence of their own; the rest is what Go's wait package says. */
function timeoutText(name: string): string {
  return name === "" ? "timed out waiting for the condition" : `'${name}' timed out waiting to be Ready`;
}

/** customTimeouts, else the annotation, else ten minutes. */
export function timeoutMsOf(object: JsonObject, customSeconds: number): number {
  const annotated = Number(annotationOf(object, annotation.timeoutSeconds) ?? Number.NaN);
  const seconds = customSeconds > 0 ? customSeconds : Number.isFinite(annotated) ? annotated : defaultTimeoutSeconds;
  return seconds * 1000;
}

/** The message while the object's controller has not seen its last change. */
export function generationMessage(object: JsonObject): string {
  const [seen, wanted] = [numberAt(object, "status", "observedGeneration"), numberAt(object, "metadata", "generation")];
  return `Generation ${seen ?? 0} is less than expected ${wanted ?? 0}`;
}
