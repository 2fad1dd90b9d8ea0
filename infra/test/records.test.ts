import { describe, expect, it } from "vitest";
import { CONFIG, runProgram } from "./testing.ts";

const ROLE = "kubernetes:rbac.authorization.k8s.io/v1:Role";
const RECORD = "kubernetes:esddns.io/v1alpha1:DnsRecord";
const home = { zone: "example.com", name: "home" };
const from = (name: string, namespace: string, service: string): object => ({
  ...home,
  name,
  source: { kind: "Service", service: { namespace, name: service } },
  allowPrivate: true,
});

describe("records from Services", () => {
  it("come with a Role in each namespace, for these Services alone", async () => {
    const records = [from("a", "web", "front"), from("b", "web", "back"), from("c", "games", "lobby"), home];
    const program = await runProgram({ ...CONFIG, records });
    const roles = program.resources.filter(({ type, name }) => type === ROLE && name.startsWith("dns-services-"));
    const rule = { apiGroups: [""], resources: ["services"], verbs: ["get"] };
    const name = "esddns-production-esddns-operator";
    expect(Object.fromEntries(roles.map(({ inputs }) => [inputs.metadata?.namespace, inputs]))).toMatchObject({
      games: { metadata: { name, namespace: "games" }, rules: [{ ...rule, resourceNames: ["lobby"] }] },
      web: { metadata: { name, namespace: "web" }, rules: [{ ...rule, resourceNames: ["back", "front"] }] },
    });
    expect(program.one(RECORD, "dns-a.example.com").inputs.spec).toMatchObject({ allowPrivate: true });
  });
});

describe("a dry run", () => {
  it("of one record or of all is written into the objects, and an up does not wait for them", async () => {
    const one = await runProgram({
      ...CONFIG,
      records: [
        { ...home, dryRun: true },
        { ...home, name: "www" },
      ],
    });
    expect(one.one(RECORD, "dns-home.example.com").inputs.spec).toMatchObject({ dryRun: true });
    expect(one.one(RECORD, "dns-home.example.com").inputs.metadata?.annotations).not.toHaveProperty([
      "pulumi.com/waitFor",
    ]);
    expect(one.one(RECORD, "dns-www.example.com").inputs.spec).not.toHaveProperty("dryRun");
    expect(one.one(RECORD, "dns-www.example.com").inputs.metadata?.annotations).toHaveProperty(["pulumi.com/waitFor"]);
    const all = await runProgram({ ...CONFIG, records: [home], dryRun: true });
    expect(all.one(RECORD, "dns-home.example.com").inputs.spec).toMatchObject({ dryRun: true });
  });
});
