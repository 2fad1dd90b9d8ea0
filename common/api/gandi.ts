/**
 * How many requests a minute may go to Gandi. Today's limit is 1000 a minute. `usual` leaves most of it to other
 * programs behind the same address. `most` leaves room for requests that jitter on the way pushes together.
 *
 * If Gandi answers "too many requests" nevertheless, as under its older limit of 30, the operator slows down, but not
 * below `least`: a new record takes four requests in a row, and with fewer some records would never get their turn.
 */
export const GANDI_REQUESTS_PER_MINUTE = { least: 10, usual: 300, most: 900 } as const;
