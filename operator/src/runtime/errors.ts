/**
 * The base of all errors of the operator. Expected outcomes (a source that does not answer, a record that does not
 * exist) are values, not errors.
 */
export class EsddnsError extends Error {
  /** Stable, for programs: `ESDDNS_…`. */
  readonly code: `ESDDNS_${string}`;
  /** Whether the same call may succeed later without any change. */
  readonly retryable: boolean;

  constructor(code: `ESDDNS_${string}`, message: string, options: { cause?: unknown; retryable?: boolean } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "EsddnsError";
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}
