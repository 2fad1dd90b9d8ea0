/** What reads bytes of strangers, and what must hold whatever they are. */
import { isDeepStrictEqual } from "node:util";
import { encodeAddress, ERROR_CODE, MAPPED_ADDRESS, XOR_MAPPED_ADDRESS } from "../../operator/src/stun/attributes.ts";
import { readBindingResponse } from "../../operator/src/stun/codec.ts";
import { MessageReader } from "../../operator/src/stun/framing.ts";
import { decodeMessage, encodeMessage, FINGERPRINT, MAGIC_COOKIE } from "../../operator/src/stun/message.ts";
import { hex, RFC5769 } from "../../operator/src/stun/testing.ts";
import { readNatPmp } from "../../operator/src/router/natpmp.ts";
import { readMapAnswer } from "../../operator/src/router/pcpMessage.ts";
import { parseAddress } from "@esddns/common/ip";
import { parseHostList } from "../../operator/src/sources/listText.ts";
import type { Dice } from "./mutate.ts";

export interface Target {
  readonly name: string;
  readonly corpus: readonly Uint8Array[];
  readonly mend: (bytes: Buffer) => void;
  /** Throws where something does not hold; gives back a word for the kind of answer, so that a run can be judged. */
  readonly check: (bytes: Uint8Array, dice: Dice) => string;
}

const id = RFC5769.transactionId;

function answer(messageClass: "success" | "error", ...attributes: { type: number; value: Uint8Array }[]): Uint8Array {
  return encodeMessage({ class: messageClass, method: 1, transactionId: id, attributes }, { fingerprint: false });
}

const STUN_CORPUS: readonly Uint8Array[] = [
  RFC5769.request,
  RFC5769.ipv4Response,
  RFC5769.ipv6Response,
  RFC5769.longTermRequest,
  answer("success", { type: XOR_MAPPED_ADDRESS, value: encodeAddress(hex("c6336414"), 4711, id) }),
  answer("success", { type: MAPPED_ADDRESS, value: encodeAddress(hex("20010db8 00000000 00000000 00000001"), 1) }),
  answer(
    "error",
    { type: ERROR_CODE, value: hex("00000414 556e6b6e 6f776e") },
    { type: 0x000a, value: hex("7ffe0026") },
  ),
];

/** Makes the header fit: type, length, cookie, and the id of our own transaction. */
function mendStun(bytes: Buffer): void {
  if (bytes.length < 20) return;
  bytes.writeUInt16BE(bytes.readUInt16BE(0) & 0x3fff, 0);
  bytes.writeUInt16BE(Math.min(0xfffc, bytes.length - 20), 2);
  bytes.writeUInt32BE(MAGIC_COOKIE, 4);
  bytes.set(id, 8);
}

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

const message: Target = {
  name: "STUN message",
  corpus: STUN_CORPUS,
  mend: mendStun,
  check: (bytes) => {
    const decoded = decodeMessage(bytes);
    if (!decoded.ok) {
      must(decoded.error.offset >= 0 && decoded.error.offset <= bytes.length, "a problem outside the message");
      return "malformed";
    }
    // FINGERPRINT covers the padding, which is ignored and so does not come back.
    if (decoded.value.attributes.some(({ type }) => type === FINGERPRINT)) return "with a fingerprint";
    const again = decodeMessage(encodeMessage(decoded.value));
    must(again.ok && isDeepStrictEqual(plain(again.value), plain(decoded.value)), "not the same when encoded again");
    return "decoded";
  },
};

/** Buffers and their views compare by their bytes alone. */
function plain({
  attributes,
  transactionId,
  ...rest
}: Extract<ReturnType<typeof decodeMessage>, { ok: true }>["value"]) {
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
  return {
    ...rest,
    id: text(transactionId),
    attributes: attributes.map((one) => ({ ...one, value: text(one.value) })),
  };
}

const response: Target = {
  name: "STUN answer",
  corpus: STUN_CORPUS,
  mend: mendStun,
  check: (bytes) => {
    const read = readBindingResponse(bytes, id);
    const decoded = decodeMessage(bytes);
    const mine = decoded.ok && Buffer.compare(decoded.value.transactionId, id) === 0;
    if (!mine) must(read.kind === "junk", "an answer to somebody else's transaction");
    if (read.kind === "mapped") {
      const { address, family, port } = read.mapped;
      const parsed = parseAddress(address);
      must(parsed?.text === address && parsed.family === family, `an address that is none: ${address}`);
      must(Number.isInteger(port) && port >= 0 && port <= 0xffff, `a port that is none: ${port}`);
    }
    if (read.kind === "refused") must(read.error.code >= 300 && read.error.code <= 699, "an error code out of range");
    return read.kind;
  },
};

const stream: Target = {
  name: "STUN stream",
  corpus: [...STUN_CORPUS, Buffer.concat(STUN_CORPUS)],
  mend: (bytes) => {
    if (bytes.length >= 20) bytes.writeUInt32BE(MAGIC_COOKIE, 4);
  },
  check: (bytes, dice) => {
    const reader = new MessageReader();
    const found: Uint8Array[] = [];
    let ended = false;
    for (let at = 0; at < bytes.length && !ended;) {
      const size = 1 + dice(64);
      const { messages, error } = reader.push(bytes.subarray(at, at + size));
      found.push(...messages);
      ended = error !== undefined;
      at += size;
    }
    const whole = new MessageReader().push(bytes);
    must(ended === (whole.error !== undefined), "an end that depends on how the stream is cut");
    const joined = Buffer.concat(found);
    must(joined.equals(bytes.subarray(0, joined.length)), "messages that are not what came in");
    must(
      found.every(({ length }) => length >= 20 && length <= 4096),
      "a message without bounds",
    );
    must(found.length === whole.messages.length, "messages that depend on how the stream is cut");
    if (ended) return "not STUN";
    return found.length === 0 ? "nothing whole" : "messages";
  },
};

const natpmp: Target = {
  name: "NAT-PMP answer",
  corpus: ["0080000000012345c6336407", "0080000300012345", `02800001${"00".repeat(20)}`, "0000"].map((text) =>
    hex(text),
  ),
  mend: (bytes) => {
    bytes.set([0, 128, 0, 0].slice(0, bytes.length));
  },
  check: (bytes) => {
    const read = readNatPmp(bytes);
    const isSuccess = bytes.length === 12 && Buffer.from(bytes.subarray(0, 4)).toString("hex") === "00800000";
    must(
      (read.kind === "address") === isSuccess,
      "an address from what has not the form of one, or none from what has",
    );
    if (read.kind === "address") must(parseAddress(read.address)?.family === "IPv4", `no address: ${read.address}`);
    return read.kind;
  },
};

const pcpRequest = { nonce: hex("000102030405060708090a0b"), port: 4711 };
const pcpSuccess = `0281000000000078${"00".repeat(16)}000102030405060708090a0b110000001267126700000000000000000000ffffcb007107`;

const pcp: Target = {
  name: "PCP answer",
  corpus: [pcpSuccess, `${pcpSuccess}02000000`, `02810001${"00".repeat(20)}`].map((text) => hex(text)),
  mend: (bytes) => {
    bytes.set([2, 0x81].slice(0, bytes.length));
  },
  check: (bytes) => {
    const read = readMapAnswer(bytes, pcpRequest);
    if (read.kind === "mapped") {
      must(Buffer.from(bytes.subarray(24, 36)).equals(pcpRequest.nonce), "an answer to somebody else's request");
      must(parseAddress(read.external)?.family === "IPv4", `no address: ${read.external}`);
    }
    return read.kind;
  },
};

const list: Target = {
  name: "list of hosts",
  corpus: ["stun.example.org:3478\nstun2.example.org:19302\n", "198.51.100.7:3478\r\n[2001:db8::1]:3478\n"].map(
    (text) => Buffer.from(text),
  ),
  mend: () => undefined,
  check: (bytes) => {
    const servers = parseHostList(Buffer.from(bytes).toString("latin1"), "udp");
    for (const { host, port } of servers ?? []) {
      must(/^[a-z0-9_.:-]{2,253}$/.test(host), `an odd host: ${host}`);
      must(port >= 1 && port <= 0xffff, `a port that is none: ${port}`);
    }
    return servers === undefined ? "no list" : "servers";
  },
};

export const TARGETS: readonly Target[] = [message, response, stream, natpmp, pcp, list];
