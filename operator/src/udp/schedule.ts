/** RFC 8489 section 6.2.1: retransmission over UDP. */
export interface Retransmission {
  /** Initial retransmission timeout in milliseconds, doubled after every transmission. */
  readonly rtoMs: number;
  /** How many times a request is sent: Rc. */
  readonly transmissions: number;
  /** How many initial timeouts to wait after the last transmission: Rm. */
  readonly lastWaitFactor: number;
}

/** The RFC's values: sends at 0, 500, 1500, 3500, 7500, 15500 and 31500 ms, and gives up at 39500 ms. */
export const RFC_RETRANSMISSION: Retransmission = { rtoMs: 500, transmissions: 7, lastWaitFactor: 16 };

/** When to send, and when to give up, in milliseconds from the start of the transaction. */
export interface Schedule {
  readonly sendAtMs: readonly number[];
  readonly giveUpAtMs: number;
}

export function scheduleOf({ rtoMs, transmissions, lastWaitFactor }: Retransmission): Schedule {
  const sendAtMs = Array.from({ length: transmissions }, (_, i) => rtoMs * (2 ** i - 1));
  return { sendAtMs, giveUpAtMs: (sendAtMs.at(-1) ?? 0) + rtoMs * lastWaitFactor };
}
