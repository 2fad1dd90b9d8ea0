/** Certificate authorities that the operator trusts besides the public ones. */
import { stackKey } from "../keyFacts.ts";
import { certificates } from "../values/fields.ts";

export const extraCaCertificatesKey = stackKey(
  certificates.optional().describe("CA certificates in PEM that the operator trusts too."),
  { encrypted: "secret" },
);
