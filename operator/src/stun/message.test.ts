import { createHash, createHmac } from "node:crypto";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MESSAGE_INTEGRITY } from "./attributes.ts";
import type { Message, MessageClass } from "./message.ts";
import { decodeMessage, encodeMessage, FINGERPRINT, HEADER_BYTES } from "./message.ts";
import { hex, RFC5769 } from "./testing.ts";

function decoded(bytes: Uint8Array): Message {
  const result = decodeMessage(bytes);
  if (!result.ok) throw new Error(`${result.error.problem} at ${result.error.offset}`);
  return result.value;
}

/** MESSAGE-INTEGRITY as RFC 8489 section 14.5 computes it: proves that a test vector was typed in right. */
function integrityHolds(bytes: Uint8Array, key: string | Buffer): boolean {
  const attribute = decoded(bytes).attributes.find(({ type }) => type === MESSAGE_INTEGRITY);
  if (attribute === undefined) return false;
  const text = Buffer.from(bytes.subarray(0, attribute.offset));
  text.writeUInt16BE(attribute.offset + 24 - HEADER_BYTES, 2);
  return createHmac("sha1", key).update(text).digest().equals(attribute.value);
}

describe("the messages of RFC 5769", () => {
  it.each(["request", "ipv4Response", "ipv6Response"] as const)("%s: fingerprint and integrity hold", (name) => {
    const message = decoded(RFC5769[name]);
    expect(message.attributes.at(-1)?.type).toBe(FINGERPRINT);
    expect(message.transactionId).toEqual(RFC5769.transactionId);
    expect(message.method).toBe(1);
    expect(message.class).toBe(name === "request" ? "request" : "success");
    expect(integrityHolds(RFC5769[name], RFC5769.password)).toBe(true);
  });

  it("request with long-term credentials", () => {
    const [username, nonce, realm] = decoded(RFC5769.longTermRequest).attributes.map(({ value }) =>
      Buffer.from(value).toString(),
    );
    expect([username, nonce, realm]).toEqual(["マトリックス", "f//499k954d6OL34oL9FSTvy64sA", "example.org"]);
    const key = createHash("md5").update("マトリックス:example.org:TheMatrIX").digest();
    expect(integrityHolds(RFC5769.longTermRequest, key)).toBe(true);
  });
});

describe("decoding is strict", () => {
  const header = "0101 0000 2112a442 b7e7a701 bc34d686 fa87dfae";
  it.each<[string, string, number, number | undefined]>([
    ["nothing", "", 0, undefined],
    ["a header cut short", header.slice(0, -2), 19, undefined],
    ["the first bits set", header.replace("0101", "4101"), 0, undefined],
    ["RTP", header.replace("0101", "8101"), 0, undefined],
    ["a length that is no multiple of 4", header.replace("0000", "0002") + "0000", 2, undefined],
    ["a length beyond the datagram", header.replace("0000", "0004"), 2, undefined],
    ["a datagram beyond the length", `${header} 00200000`, 2, undefined],
    ["another cookie", header.replace("2112a442", "2112a443"), 4, undefined],
    ["an attribute beyond the message", `${header.replace("0000", "0004")} 00200001`, 22, 0x20],
    ["padding beyond the message", `${header.replace("0000", "0008")} 00200005 01020304`, 22, 0x20],
    ["a wrong fingerprint", `${header.replace("0000", "0008")} 80280004 00000000`, 20, FINGERPRINT],
    ["a fingerprint of another length", `${header.replace("0000", "0004")} 80280000`, 20, FINGERPRINT],
  ])("%s", (_name, text, offset, attribute) => {
    const result = decodeMessage(hex(text));
    expect(result).toMatchObject({ ok: false, error: { offset } });
    expect(!result.ok && result.error.attribute).toBe(attribute);
  });

  it("nothing may stand after the fingerprint", () => {
    const start = hex(header.replace("0000", "000c"));
    const crc = Buffer.alloc(4);
    crc.writeUInt32BE((crc32(start) ^ 0x5354554e) >>> 0);
    const bytes = Uint8Array.of(...start, ...hex("80280004"), ...crc, ...hex("80220000"));
    expect(decodeMessage(bytes)).toEqual({
      ok: false,
      error: { offset: 28, problem: "stands after FINGERPRINT", attribute: 0x8022 },
    });
  });
});

const messageClass = fc.constantFrom<MessageClass>("request", "indication", "success", "error");
const anyMessage = fc.record({
  class: messageClass,
  method: fc.integer({ min: 0, max: 0xfff }),
  transactionId: fc.uint8Array({ minLength: 12, maxLength: 12 }),
  attributes: fc.array(
    fc.record({
      type: fc.integer({ min: 0, max: 0xffff }).filter((type) => type !== FINGERPRINT),
      value: fc.uint8Array({ maxLength: 40 }),
    }),
    { maxLength: 8 },
  ),
});

describe("properties", () => {
  it("what is encoded is decoded again", () => {
    fc.assert(
      fc.property(anyMessage, fc.boolean(), (message, fingerprint) => {
        const { attributes, ...header } = decoded(encodeMessage(message, { fingerprint }));
        expect(header).toEqual({
          class: message.class,
          method: message.method,
          transactionId: message.transactionId,
        });
        const expected = [...message.attributes.map(({ type }) => type), ...(fingerprint ? [FINGERPRINT] : [])];
        expect(attributes.map(({ type }) => type)).toEqual(expected);
        expect(attributes.slice(0, message.attributes.length).map(({ value }) => [...value])).toEqual(
          message.attributes.map(({ value }) => [...value]),
        );
      }),
    );
  });

  it("with a fingerprint, no single changed byte goes unnoticed", () => {
    fc.assert(
      fc.property(anyMessage, fc.nat(), fc.integer({ min: 1, max: 255 }), (message, at, mask) => {
        const bytes = encodeMessage(message, { fingerprint: true });
        const place = at % bytes.length;
        bytes[place] = (bytes[place] ?? 0) ^ mask;
        const result = decodeMessage(bytes);
        // If the change hides the attribute's type itself, there is no fingerprint left to check.
        const hidden = result.ok && result.value.attributes.at(-1)?.type !== FINGERPRINT;
        expect(result.ok && !hidden).toBe(false);
      }),
    );
  });

  it("any bytes: a value comes back, within the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        const result = decodeMessage(bytes);
        if (!result.ok) expect(result.error.offset).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 2000 },
    );
  });

  it("refuses what does not fit a message", () => {
    const message = { class: "request" as const, method: 1, transactionId: new Uint8Array(12) };
    const value = new Uint8Array(0xffff);
    expect(() => encodeMessage({ ...message, attributes: [{ type: 1, value }] })).toThrow(RangeError);
    expect(() => encodeMessage({ ...message, transactionId: new Uint8Array(16), attributes: [] })).toThrow(RangeError);
  });
});
