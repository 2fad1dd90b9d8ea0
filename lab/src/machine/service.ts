/** A process of the lab, as data: who starts it, supervises it and stops it is lab/src/machine/processes.ts. */
export interface Service {
  /** Unique; also the name of its log: `npm run lab -- logs NAME`. */
  readonly name: string;
  /** The host (topology.ts) in whose network namespace it runs. */
  readonly host: string;
  readonly command: readonly [string, ...string[]];
  /** Added to a minimal environment (PATH, HOME, LANG). No secret goes into `command`. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Resolves once it serves. It is called again and again, a short while apart, until it no longer rejects. */
  readonly ready: () => Promise<void>;
  /** Seconds to wait for `ready`; then the step fails and names the log. */
  readonly readySeconds?: number;
}
