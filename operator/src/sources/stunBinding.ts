import { scheduleOf } from "../udp/schedule.ts";
import { bindingOverTcp, bindingOverTls } from "../stun/stream.ts";
import { bindingOverUdp } from "../stun/udp.ts";
import type { StunBinding } from "./ask.ts";

/** Chooses the STUN client by the server's transport. TCP and TLS get the time that UDP would have. */
export const stunBinding: StunBinding = ({ peer, transport, host }, { retransmission, clock, signal }) => {
  const timeoutMs = scheduleOf(retransmission).giveUpAtMs;
  switch (transport) {
    case "udp":
      return bindingOverUdp(peer, { clock, signal, retransmission });
    case "tcp":
      return bindingOverTcp(peer, { clock, signal, timeoutMs });
    case "tls":
      return bindingOverTls(peer, host, { clock, signal, timeoutMs });
  }
};
