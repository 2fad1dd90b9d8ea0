import { createSecureContext, type SecureContext } from "node:tls";

let context: SecureContext | undefined;

/**
 * What every connection to a public server trusts: Node's roots and NODE_EXTRA_CA_CERTS. One for all: by itself Node makes
 * a new one for each connection, memory outside of the heap that only a collection of the whole heap gives back.
 */
export function publicTrust(): SecureContext {
  return (context ??= createSecureContext());
}
