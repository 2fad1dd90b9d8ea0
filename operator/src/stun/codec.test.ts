import fc from "fast-check";
import ipaddr from "ipaddr.js";
import { describe, expect, it } from "vitest";
import { encodeAddress, ERROR_CODE, MAPPED_ADDRESS, UNKNOWN_ATTRIBUTES, XOR_MAPPED_ADDRESS } from "./attributes.ts";
import { bindingRequest, readBindingResponse } from "./codec.ts";
import type { MessageClass } from "./message.ts";
import { decodeMessage, encodeMessage } from "./message.ts";
import { hex, RFC5769 } from "./testing.ts";

const id = RFC5769.transactionId;
const ip = Uint8Array.of(192, 0, 2, 1);
const other = Uint8Array.of(192, 0, 2, 2);
const xor = { type: XOR_MAPPED_ADDRESS, value: encodeAddress(ip, 32853, id) };
const plain = { type: MAPPED_ADDRESS, value: encodeAddress(other, 1, undefined) };

function answer(messageClass: MessageClass, attributes: { type: number; value: Uint8Array }[], method = 1): Uint8Array {
  return encodeMessage({ class: messageClass, method, transactionId: id, attributes });
}

describe("bindingRequest", () => {
  it("is a header alone: Binding, length 0, cookie, the random id", () => {
    const { bytes, transactionId } = bindingRequest(() => id);
    expect(Buffer.from(bytes).toString("hex")).toBe("000100002112a442b7e7a701bc34d686fa87dfae");
    expect(transactionId).toEqual(id);
  });

  it("has another id every time", () => {
    const ids = Array.from({ length: 100 }, () => Buffer.from(bindingRequest().transactionId).toString("hex"));
    expect(new Set(ids).size).toBe(100);
    expect(ids.every((text) => text.length === 24)).toBe(true);
  });
});

describe("readBindingResponse", () => {
  it("reads the RFC's answers", () => {
    const port = 32853;
    expect(readBindingResponse(RFC5769.ipv4Response, id)).toEqual({
      kind: "mapped",
      mapped: { family: "IPv4", address: "192.0.2.1", port },
    });
    expect(readBindingResponse(RFC5769.ipv6Response, id)).toEqual({
      kind: "mapped",
      mapped: { family: "IPv6", address: "2001:db8:1234:5678:11:2233:4455:6677", port },
    });
  });

  it.each<[string, Uint8Array]>([
    ["bytes that are not STUN", hex("48545450 2f312e31")],
    ["our own request, mirrored", bindingRequest(() => id).bytes],
    ["an indication", answer("indication", [xor])],
    ["another method", answer("success", [xor], 3)],
    ["another transaction", Uint8Array.from(RFC5769.ipv4Response.map((byte, i) => (i === 19 ? byte ^ 1 : byte)))],
    ["a broken fingerprint", Uint8Array.from(RFC5769.ipv4Response.map((byte, i) => (i === 79 ? byte ^ 1 : byte)))],
    ["an answer with bytes behind it", Uint8Array.of(...answer("success", [xor]), 0, 0, 0, 0)],
  ])("ignores %s", (_name, bytes) => {
    expect(readBindingResponse(bytes, id).kind).toBe("junk");
  });

  it("prefers XOR-MAPPED-ADDRESS, wherever it stands", () => {
    for (const attributes of [
      [xor, plain],
      [plain, xor],
    ]) {
      expect(readBindingResponse(answer("success", attributes), id)).toMatchObject({
        mapped: { address: "192.0.2.1" },
      });
    }
  });

  it("takes the first of two", () => {
    const second = { type: XOR_MAPPED_ADDRESS, value: encodeAddress(other, 1, id) };
    const bytes = answer("success", [xor, second]);
    expect(readBindingResponse(bytes, id)).toMatchObject({ mapped: { address: "192.0.2.1" } });
  });

  it("takes MAPPED-ADDRESS and the other attributes of an RFC 3489 server", () => {
    const source = { type: 0x0004, value: encodeAddress(ip, 3478) };
    const changed = { type: 0x0005, value: encodeAddress(ip, 3479) };
    expect(readBindingResponse(answer("success", [plain, source, changed]), id)).toEqual({
      kind: "mapped",
      mapped: { family: "IPv4", address: "192.0.2.2", port: 1 },
    });
  });

  it("does not fall back to MAPPED-ADDRESS from a broken XOR-MAPPED-ADDRESS", () => {
    const broken = { type: XOR_MAPPED_ADDRESS, value: hex("0003 a147 e112a643") };
    expect(readBindingResponse(answer("success", [broken, plain]), id)).toMatchObject({
      kind: "failed",
      error: { attribute: XOR_MAPPED_ADDRESS, offset: 25 },
    });
  });

  it.each([
    ["no address", []],
    ["an address of 3 bytes", [{ type: XOR_MAPPED_ADDRESS, value: hex("0001 a147 e112a6") }]],
    ["IPv4 of 16 bytes", [{ type: XOR_MAPPED_ADDRESS, value: hex(`0001 a147 ${"00".repeat(16)}`) }]],
    ["IPv6 of 4 bytes", [{ type: XOR_MAPPED_ADDRESS, value: hex("0002 a147 e112a643") }]],
    ["an empty address", [{ type: XOR_MAPPED_ADDRESS, value: hex("") }]],
    ["an unknown attribute that must be understood", [xor, { type: 0x7ffe, value: hex("") }]],
    ["an address behind MESSAGE-INTEGRITY", [{ type: 0x0008, value: new Uint8Array(20) }, xor]],
  ])("fails a success with %s", (_name, attributes) => {
    expect(readBindingResponse(answer("success", attributes), id).kind).toBe("failed");
  });

  it("ignores unknown attributes that need not be understood", () => {
    const bytes = answer("success", [{ type: 0x8fff, value: hex("01") }, { type: 0xc057, value: hex("") }, xor]);
    expect(readBindingResponse(bytes, id).kind).toBe("mapped");
  });

  it("reads errors, 300 among them, and goes nowhere else", () => {
    const text = (code: string, reason: string): Uint8Array => Uint8Array.of(...hex(code), ...Buffer.from(reason));
    const redirect = { type: ERROR_CODE, value: text("00000300", "Try Alternate") };
    const alternate = { type: 0x8023, value: encodeAddress(other, 3478) };
    expect(readBindingResponse(answer("error", [redirect, alternate]), id)).toEqual({
      kind: "refused",
      error: { code: 300, reason: "Try Alternate" },
      unknownAttributes: [],
    });
    const unknown = { type: ERROR_CODE, value: text("00000414", "Unknown\nAttribute") };
    const list = { type: UNKNOWN_ATTRIBUTES, value: hex("7ffe 0026") };
    expect(readBindingResponse(answer("error", [unknown, list]), id)).toEqual({
      kind: "refused",
      error: { code: 420, reason: "UnknownAttribute" },
      unknownAttributes: [0x7ffe, 0x0026],
    });
  });

  it("bounds the reason of an error", () => {
    const value = Uint8Array.of(...hex("00000500"), ...Buffer.from("ü".repeat(400)));
    const response = readBindingResponse(answer("error", [{ type: ERROR_CODE, value }]), id);
    expect(response).toMatchObject({ error: { code: 500, reason: "ü".repeat(127) } });
  });

  it.each([
    ["none", []],
    ["of class 2", [{ type: ERROR_CODE, value: hex("00000200") }]],
    ["of class 7", [{ type: ERROR_CODE, value: hex("00000700") }]],
    ["with number 100", [{ type: ERROR_CODE, value: hex("00000464") }]],
    ["cut short", [{ type: ERROR_CODE, value: hex("0000") }]],
  ])("fails an error whose code is %s", (_name, attributes) => {
    expect(readBindingResponse(answer("error", attributes), id).kind).toBe("failed");
  });
});

describe("properties", () => {
  const address = fc.oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
    // Runs of zeros, for the short forms of RFC 5952.
    fc.array(fc.constantFrom(0, 0, 0, 1, 255), { minLength: 16, maxLength: 16 }).map((bytes) => Uint8Array.from(bytes)),
  );

  it("an address comes back as it was sent, in canonical text", () => {
    fc.assert(
      fc.property(address, fc.integer({ min: 0, max: 65535 }), fc.boolean(), (bytes, port, masked) => {
        const type = masked ? XOR_MAPPED_ADDRESS : MAPPED_ADDRESS;
        const value = encodeAddress(bytes, port, masked ? id : undefined);
        const ip = ipaddr.fromByteArray([...bytes]);
        const text = ip instanceof ipaddr.IPv6 ? ip.toRFC5952String() : ip.toString();
        expect(readBindingResponse(answer("success", [{ type, value }]), id)).toEqual({
          kind: "mapped",
          mapped: { family: bytes.length === 4 ? "IPv4" : "IPv6", address: text, port },
        });
      }),
      { numRuns: 1000 },
    );
  });

  it("mutations of real messages: never an exception, never an answer to somebody else's transaction", () => {
    const seeds = [RFC5769.request, RFC5769.ipv4Response, RFC5769.ipv6Response, RFC5769.longTermRequest];
    const change = fc.record({ at: fc.nat(200), byte: fc.integer({ min: 0, max: 255 }) });
    fc.assert(
      fc.property(fc.constantFrom(...seeds), fc.array(change, { maxLength: 6 }), fc.nat(120), (seed, changes, cut) => {
        const bytes = Uint8Array.from(cut < 100 ? seed : seed.subarray(0, cut));
        for (const { at, byte } of changes) if (at < bytes.length) bytes[at] = byte;
        const response = readBindingResponse(bytes, id);
        const decoded = decodeMessage(bytes);
        const mine = decoded.ok && Buffer.compare(decoded.value.transactionId, id) === 0;
        if (!mine) expect(response.kind).toBe("junk");
      }),
      { numRuns: 5000 },
    );
  });
});
