import { pino } from "pino";

/** The part of a logger that the operator needs, with pino's order of arguments: fields first, then the message. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Logger;
}

/** One line of JSON per event on stdout. Level names are in upper case, as people expect for `grep INFO`. */
export function createLogger(level: string): Logger {
  return pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label.toUpperCase() }) },
    // A second line of defence: no code logs a header, but an error object from a library may carry one.
    redact: { paths: ["*.authorization", "*.headers.authorization", "*.token", "token", "authorization"] },
  });
}
