import { expect, test } from "vitest";
import { lyingAnswer } from "./stunAnswer.ts";

const transactionId = "b7e7a701bc34d686fa87dfae";
const request = Buffer.from(`000100002112a442${transactionId}`, "hex");

test("a liar's answer names its address as RFC 5769's sample IPv4 response does", () => {
  const answer = lyingAnswer(request, { bytes: Buffer.from([192, 0, 2, 1]), port: 32853 });
  expect(answer?.toString("hex")).toBe(`0101000c2112a442${transactionId}002000080001a147e112a643`);
});

test("a liar's answer names its address as RFC 5769's sample IPv6 response does", () => {
  const bytes = Buffer.from("20010db8123456780011223344556677", "hex");
  const answer = lyingAnswer(request, { bytes, port: 32853 });
  expect(answer?.toString("hex")).toBe(
    `010100182112a442${transactionId}002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9`,
  );
});

test.each([
  ["an answer", `0101${request.toString("hex").slice(4)}`],
  ["another protocol", `00010000deadbeef${transactionId}`],
  ["half a header", "000100002112a442"],
])("%s gets no lie", (_, hex) => {
  expect(lyingAnswer(Buffer.from(hex, "hex"), { bytes: Buffer.alloc(4), port: 1 })).toBeUndefined();
});
