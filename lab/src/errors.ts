/** An error in words for the user at the terminal. Every other error is a defect of the lab. */
export class LabError extends Error {
  /** The log with the details. */
  readonly log: string | undefined;
  /** What to check or to do next. */
  readonly hint: string | undefined;

  constructor(message: string, options: { log?: string; hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "LabError";
    this.log = options.log;
    this.hint = options.hint;
  }
}

/** The command line was wrong: exit status 2, as with every Unix tool. */
export class UsageError extends LabError {
  constructor(message: string, hint = "npm run lab -- --help") {
    super(message, { hint });
    this.name = "UsageError";
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
