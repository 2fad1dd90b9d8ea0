/** The result codes of NAT-PMP in words, and back. Pure, because the decision about the address reads them, too. */

/** RFC 6886 section 3.5: "Network Failure". */
const NO_ADDRESS = 3;
/** The same section, in words. */
const RESULT_CODES = new Map([
  [1, "unsupported version"],
  [2, "not authorised: NAT-PMP is switched off in the router"],
  [
    NO_ADDRESS,
    "the router has no public address: its line is down, or it has a private one (double NAT, carrier-grade NAT)",
  ],
  [4, "out of resources"],
  [5, "unsupported opcode"],
]);

/** Returns the detail of a vote for a refusal: `NAT-PMP result 3: the router has no public address …`. */
export function refusal(code: number): string {
  return `${resultText(code)}: ${RESULT_CODES.get(code) ?? "unknown"}`;
}

/** Reports whether the detail of a vote is the refusal of a router without a public address. */
export function saysNoAddress(detail: string): boolean {
  return detail.startsWith(`${resultText(NO_ADDRESS)}:`);
}

function resultText(code: number): string {
  return `NAT-PMP result ${code}`;
}
