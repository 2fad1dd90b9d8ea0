import { createSecureContext, type SecureContext } from "node:tls";

let context: SecureContext | undefined;

/**
 * The trust for connections to public servers: Node's roots and NODE_EXTRA_CA_CERTS. All share one context. By default
 * Node makes one per connection, in memory outside the heap that only a full garbage collection frees.
 */
export function publicTrust(): SecureContext {
  return (context ??= createSecureContext());
}
