/** What went wrong in words for the person at the terminal; everything else that is thrown is a defect of the lab. */
export class LabError extends Error {
  /** The log that tells more. */
  readonly log: string | undefined;
  /** What to look at or to do next. */
  readonly hint: string | undefined;

  constructor(message: string, options: { log?: string; hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "LabError";
    this.log = options.log;
    this.hint = options.hint;
  }
}

/** The command line was wrong: exit status 2, as of every Unix tool. */
export class UsageError extends LabError {
  constructor(message: string, hint = "npm run lab -- --help") {
    super(message, { hint });
    this.name = "UsageError";
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
