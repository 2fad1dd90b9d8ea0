import { bindingOverUdp } from "../stun/udp.ts";
import type { StunBinding } from "./ask.ts";

/** The STUN client by the transport of the server. */
export const stunBinding: StunBinding = (server, options) => bindingOverUdp(server.peer, options);
