/**
 * How many requests a minute may go to Gandi. Today's limit is 1000 a minute: `usual` leaves most of it to other
 * programs behind the same address, and `most` leaves room for what jitter on the way adds up to. Where Gandi answers
 * "too many requests" all the same, as by its older limit of 30, the operator slows down, but not below `least`: a new
 * record takes four in a row, and with fewer some never get through beside others.
 */
export const GANDI_REQUESTS_PER_MINUTE = { least: 10, usual: 300, most: 900 } as const;
