/**
 * How many requests a minute may go to Gandi. Its older limit is 30 a minute and today's 1000, each with some room left
 * for what jitter on the way adds up to. A new record takes four in a row: with fewer than `least` some never get
 * through beside others.
 */
export const GANDI_REQUESTS_PER_MINUTE = { least: 10, usual: 28, most: 900 } as const;
