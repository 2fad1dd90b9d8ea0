import type { ErrorCode, TransportAddress } from "./attributes.ts";
import type { BindingResponse } from "./codec.ts";
import { describe } from "./codec.ts";

/** The result of a Binding transaction. */
export type TransactionResult =
  /**
   * `rttMs` counts from the start of the transaction: with several transmissions it is unknown which one was answered.
   */
  | { readonly ok: true; readonly mapped: TransportAddress; readonly rttMs: number }
  | { readonly ok: false; readonly failure: TransactionFailure };

export interface TransactionFailure {
  readonly kind: "Timeout" | "Unreachable" | "TlsFailed" | "Refused" | "Malformed";
  /** In words, for people. */
  readonly detail: string;
  /** From an error response. */
  readonly error?: ErrorCode;
}

export function failure(
  kind: TransactionFailure["kind"],
  detail: string,
  error?: ErrorCode,
): { ok: false; failure: TransactionFailure } {
  return { ok: false, failure: { kind, detail, ...(error === undefined ? {} : { error }) } };
}

/** Returns the result with which a response ends its transaction. Undefined if it does not end it. */
export function resultOf(response: BindingResponse, rttMs: number): TransactionResult | undefined {
  switch (response.kind) {
    case "junk":
      return undefined;
    case "mapped":
      return { ok: true, mapped: response.mapped, rttMs };
    case "refused": {
      const { code, reason } = response.error;
      const unknown = response.unknownAttributes.map((type) => `0x${type.toString(16).padStart(4, "0")}`).join(", ");
      const detail = `STUN error ${code} ${reason}`.trim() + (unknown === "" ? "" : `, unknown attributes ${unknown}`);
      return failure("Refused", detail, response.error);
    }
    case "failed":
      return failure("Malformed", describe(response.error));
  }
}
