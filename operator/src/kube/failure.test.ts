import { expect, it } from "vitest";
import { failureOfError, failureOfStatus } from "./failure.ts";

const hostile = `\u001b[2J\u202eno${"x".repeat(60_000)}`;

it("the API server's words, and those of what stands in front of it, are short and printable", () => {
  const messages = [
    failureOfStatus(500, JSON.stringify({ message: hostile })).message,
    failureOfError(new SyntaxError(`Unexpected token in ${hostile}`)).message,
    failureOfError(new Error(hostile)).message,
  ];
  for (const message of messages) {
    expect(message).toContain("[2J nox");
    expect(message).not.toMatch(/[\u0000-\u001f\u202e]/);
    expect(message.length).toBeLessThan(1_100);
  }
});

it("an answer without words is told by its HTTP status", () => {
  const bodies = ['{"message":""}', "{}", "null", "<html>", '{"message":5,"reason":7}'];
  for (const body of bodies) {
    expect(failureOfStatus(503, body)).toEqual({ kind: "ServerError", status: 503, message: "HTTP status 503" });
  }
});
