import { describe, expect, it } from "vitest";
import { parseStackConfig } from "../parse.ts";
import { formatProblem } from "../validation/problem.ts";

const problems = (notify: unknown, secretKeys: readonly string[] = []): string[] => {
  const raw = {
    pools: [{ name: "p", addresses: ["192.168.1.100"] }],
    image: { reference: `x@sha256:${"0".repeat(64)}` },
    notify,
  };
  const parsed = parseStackConfig(raw, { stack: "production", secretKeys: new Set(secretKeys) });
  return parsed.ok ? [] : parsed.problems.map(formatProblem);
};

describe("esddns:notify", () => {
  it("takes the channels that the documents show", () => {
    expect(
      problems([
        { name: "phone", type: "ntfy", url: "https://ntfy.sh/my-topic" },
        { name: "slack", type: "template", url: "https://hooks.test/x", body: '{"text": "*{{title}}*\\n{{text}}"}' },
      ]),
    ).toEqual([]);
  });

  it("refuses a secret in plain text, says how to store it, and does not repeat it", () => {
    const channel = { name: "hook", type: "webhook", url: "https://x.test/", secret: "very-secret-very-long" };
    const [problem = ""] = problems([channel]);
    expect(problem).toContain("pulumi config set --secret --path 'notify[0].secret'");
    expect(problem).not.toContain("very-secret");
    expect(problems([channel], ["notify"])).toEqual([]);
  });

  it("names the channel that cannot work, and why", () => {
    const [problem = ""] = problems([{ name: "t", type: "template", url: "https://x.test/", body: "{{nonsense}}" }]);
    expect(problem).toMatch(/notify\[0\].*nonsense/);
  });
});
