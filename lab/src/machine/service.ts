/** A process of the lab, as data. lab/src/machine/processes.ts starts, supervises and stops it. */
export interface Service {
  /** Unique. It is also the name of its log: `npm run lab -- logs NAME`. */
  readonly name: string;
  /** The host (topology.ts) in whose network namespace it runs. */
  readonly host: string;
  readonly command: readonly [string, ...string[]];
  /** Added to a minimal environment (PATH, HOME, LANG). Put no secret into `command`. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Resolves once it serves. It is called again and again, a short while apart, until it no longer rejects. */
  readonly ready: () => Promise<void>;
  /** Seconds to wait for `ready`. Then the step fails and names the log. */
  readonly readySeconds?: number;
}
