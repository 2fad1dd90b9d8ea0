import { describe, expect, it } from "vitest";
import { parseStackConfig } from "../parse.ts";
import { formatProblem } from "../validation/problem.ts";

const IPV4 = "192.168.1.100-192.168.1.110";
const IPV6 = "fd00:1::/120";

function parse(service: unknown, over: Record<string, unknown> = {}) {
  const raw = {
    pools: [{ name: "p", addresses: [IPV4, IPV6] }],
    image: { reference: `x@sha256:${"a".repeat(64)}` },
    service,
    ...over,
  };
  return parseStackConfig(raw, { stack: "production", secretKeys: new Set() });
}

function problems(service: unknown, over?: Record<string, unknown>): string[] {
  const parsed = parse(service, over);
  return parsed.ok ? [] : parsed.problems.map(formatProblem);
}

const poolOf = (addresses: string[]) => ({ pools: [{ name: "p", addresses }] });

describe("the page's families", () => {
  it("are those of its fixed address, or of its pool", () => {
    const families = (service: unknown, over?: Record<string, unknown>) => {
      const parsed = parse(service, over);
      return parsed.ok ? parsed.config.service.families : parsed.problems;
    };
    expect(families({})).toEqual(["IPv4", "IPv6"]);
    expect(families({}, poolOf([IPV6]))).toEqual(["IPv6"]);
    expect(families({ address: "192.168.1.100" })).toEqual(["IPv4"]);
    expect(families({ address: "192.168.1.100,fd00:1::9" })).toEqual(["IPv4", "IPv6"]);
    expect(families({ pool: "theirs" }, { shared: "adopt" })).toEqual([]);
  });

  it.each([
    [
      { ipFamilyPolicy: "RequireDualStack" },
      [IPV4],
      "RequireDualStack asks for both families, and the pool has IPv4 only",
    ],
    [{ ipFamilyPolicy: "PreferDualStack", address: "fd00:1::9" }, [IPV4, IPV6], "the fixed address is IPv6 only"],
    [{ ipFamilyPolicy: "SingleStack", address: "192.168.1.100,fd00:1::9" }, [IPV4, IPV6], "address has two"],
    [{ ipFamilyPolicy: "DualStack" }, [IPV4], '"PreferDualStack"'],
  ])("with %j and %j are refused", (service, addresses, wrong) => {
    expect(problems(service, poolOf(addresses))).toEqual([expect.stringContaining(wrong)]);
  });

  it.each([
    [{ ipFamilyPolicy: "RequireDualStack" }, [IPV4, IPV6]],
    [{ ipFamilyPolicy: "PreferDualStack" }, [IPV4]],
    [{ ipFamilyPolicy: "SingleStack" }, [IPV4, IPV6]],
    [{ ipFamilyPolicy: "RequireDualStack", address: "192.168.1.100,fd00:1::9" }, [IPV4, IPV6]],
  ])("with %j and %j are taken", (service, addresses) => {
    expect(problems(service, poolOf(addresses))).toEqual([]);
  });
});

describe("the page's Ingress", () => {
  const host = "esddns.example.com";

  it.each([
    [{}, "ingress.host", "is missing"],
    [{ host: "https://esddns.example.com" }, "ingress.host", "is not the name of a host"],
    [{ host, annotations: { a: 1 } }, "ingress.annotations.a", "put it in quotes"],
    [{ host, tls: {} }, "ingress.tls", "{ clusterIssuer: letsencrypt }"],
    [{ host, tls: { issuer: "a", clusterIssuer: "b" } }, "ingress.tls.issuer", "beside clusterIssuer"],
    [{ host, class: "nginx" }, "ingress.class", "Did you mean"],
  ])("%j is refused", (ingress, key, wrong) => {
    const found = problems({ ingress });
    expect(found).toEqual([expect.stringContaining(`esddns:service.${key}: `)]);
    expect(found[0]).toContain(wrong);
  });

  it.each([
    [{ host }],
    [{ host, tls: { clusterIssuer: "letsencrypt" } }],
    [{ host, tls: { secretName: "mine" } }],
    [{ host, tls: {}, annotations: { "cert-manager.io/cluster-issuer": "letsencrypt" } }],
  ])("%j is taken", (ingress) => {
    expect(problems({ ingress })).toEqual([]);
  });
});

describe("the page's names", () => {
  it.each([
    ["http://esddns.lan:8080/", 'Write "esddns.lan".'],
    ["esddns.lan:80", 'Write "esddns.lan".'],
    ["Esddns.Lan.", 'Write "esddns.lan".'],
    ["*.lan", "without scheme and port"],
    ["a b", "without scheme and port"],
    ["", "without scheme and port"],
    ["192.168.1.100", "Leave it out."],
    ["fd00::1", "Leave it out."],
    ["[fd00::1]", "Leave it out."],
  ])("%j is refused, beside all others", (host, right) => {
    const found = problems({ hosts: ["esddns.lan", host, "-"] });
    expect(found).toEqual([
      expect.stringContaining("esddns:service.hosts[1]: "),
      expect.stringContaining("esddns:service.hosts[2]: "),
    ]);
    expect(found[0]).toContain(right);
  });

  it("are written once", () => {
    expect(problems({ hosts: ["esddns.lan", "esddns.lan"] })).toEqual([expect.stringContaining("is there twice")]);
  });

  it("may be of one label, as routers give them", () => {
    expect(problems({ hosts: ["esddns", "esddns.lan", "page.example.com", "xn--bcher-kva.example"] })).toEqual([]);
  });
});
