import { EsddnsError } from "../runtime/errors.ts";
import type { KubeClient } from "./client.ts";
import { nodes } from "./resources.ts";

/**
 * Reads the ExternalIP addresses of a Node object, as a cloud controller or a person has written them.
 *
 * @throws EsddnsError with the API server's reason if the Node cannot be read
 */
export function externalIpsOf(
  client: Pick<KubeClient, "get">,
  name: string,
): (signal: AbortSignal) => Promise<readonly string[]> {
  return async (signal) => {
    const node = await client.get(nodes, { name }, signal);
    if (!node.ok) {
      const { kind, message } = node.error;
      throw new EsddnsError("ESDDNS_NODE_NOT_READ", `${kind}: ${message}`, { retryable: true });
    }
    const addresses = node.value.status.addresses;
    return addresses.filter(({ type }) => type === "ExternalIP").map(({ address }) => address);
  };
}
