import { expect, it } from "vitest";
import { fromStackFile } from "./committed.ts";
import { deployConfig } from "./stackConfig.ts";

const FILE = `
config:
  esddns:gandiToken: { secure: v1:abc }
  esddns:image: { reference: "x@sha256:${"a".repeat(64)}" }
  esddns:pools: [{ name: p, addresses: [10.64.0.0/24] }]
  esddns:l2: []
  esddns:bgp:
    peers: [{ name: r, myASN: 64500, peerASN: 64501, peerAddress: 192.168.1.1, password: { secure: v1:abc } }]
    advertisements: [{ name: b, pools: [p] }]
  esddns:notify:
    - { name: phone, type: ntfy, url: { secure: v1:abc }, token: { secure: v1:abc } }
    - { name: hook, type: webhook, url: https://hooks.example.com/, secret: { secure: v1:abc } }
`;

it("a stack that the backend does not know yet is deployed with secrets in lists and objects of its file", () => {
  const stored = fromStackFile(FILE);
  expect(stored["esddns:gandiToken"]).toEqual({ secret: true });
  expect(stored["esddns:pools"]).toEqual({ objectValue: [{ name: "p", addresses: ["10.64.0.0/24"] }] });
  const request = { stack: "production", ranges: [], image: undefined, adopt: false };
  expect(deployConfig(stored, request, false)).toMatchObject({ ok: true, changes: {}, hasToken: true });
});

it("a password that stands there as plain text is told all the same", () => {
  const plain = fromStackFile(FILE.replace("password: { secure: v1:abc }", "password: abc"));
  const request = { stack: "production", ranges: [], image: undefined, adopt: false };
  expect(deployConfig(plain, request, false)).toMatchObject({
    ok: false,
    problems: [expect.stringMatching(/^esddns:bgp\.peers\[0\]\.password: is stored as plain text/)],
  });
});

it("what cannot be decrypted yet is not judged: the stack is to be made first", () => {
  const request = { stack: "production", ranges: [], image: undefined, adopt: false };
  const file = `${FILE}  esddns:service: { address: { secure: v1:abc }, port: { secure: v1:abc } }\n  esddns:imaeg: x\n`;
  const deployed = deployConfig(fromStackFile(file), request, false);
  expect(deployed.ok ? [] : deployed.problems).toEqual([
    expect.stringMatching(/^esddns:imaeg: is not a known key/),
    "esddns:service: cannot be decrypted while the backend does not know the stack. Make it first: pulumi stack init production",
  ]);
});

it("what must not be encrypted is told all the same", () => {
  const request = { stack: "production", ranges: [], image: undefined, adopt: false };
  const deployed = deployConfig(fromStackFile(FILE.replace("10.64.0.0/24", "{ secure: v1:abc }")), request, false);
  expect(deployed.ok ? [] : deployed.problems).toContainEqual(
    expect.stringMatching(/^esddns:pools: is stored encrypted, .*Write it as plain text/),
  );
});
