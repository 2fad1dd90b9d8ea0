import { detectionSpec } from "@esddns/common/api";
import { describe, expect, it } from "vitest";
import { parseStackConfig } from "../parse.ts";
import { formatProblem } from "../validation/problem.ts";

const SOUND = {
  gandiToken: "pat-1",
  pools: [{ name: "esddns-pool", addresses: ["192.168.1.100-192.168.1.110"] }],
  records: [{ zone: "example.com", name: "home" }],
  image: { reference: `esddns@sha256:${"0".repeat(64)}` },
};

function parse(detection: unknown) {
  return parseStackConfig({ ...SOUND, detection }, { stack: "production", secretKeys: new Set(["gandiToken"]) });
}

function problems(detection: unknown): string[] {
  const parsed = parse(detection);
  return parsed.ok ? [] : parsed.problems.map(formatProblem);
}

describe("esddns:detection", () => {
  it("is by default the whole chain, both lists of STUN servers and no router", () => {
    const parsed = parse({});
    expect(parsed).toMatchObject({
      ok: true,
      config: {
        detection: {
          sources: ["stun", "https", "direct"],
          stun: {
            udpHostListUrl: "https://raw.githubusercontent.com/pradt2/always-online-stun/master/valid_hosts.txt",
            tcpHostListUrl: "https://raw.githubusercontent.com/pradt2/always-online-stun/master/valid_hosts_tcp.txt",
            udpLimit: 10,
            tcpLimit: 4,
          },
          hostNetwork: false,
        },
      },
    });
    if (parsed.ok) expect(parsed.config.detection).not.toHaveProperty("router");
  });

  it("becomes a WanAddress that holds nothing but what the operator knows", () => {
    const parsed = parse({
      sources: ["direct", "https"],
      stun: { udpHostListUrl: "", retryAttempts: 3, retryCooldownSeconds: 5 },
      router: "192.168.1.1",
      pcp: true,
      hostNetwork: true,
    });
    if (!parsed.ok) return expect.unreachable();
    const { detection } = parsed.config;
    expect(detectionSpec.strict().parse(detection)).toEqual(detection);
  });

  it.each<[object, string]>([
    [
      { quorum: 4, sources: ["https"], https: { services: [{ url: "https://a.example/", organisation: "a" }] } },
      "esddns:detection.quorum: asks for 4 organisations that agree, and no more than 1 are asked. Lower it",
    ],
    [{ quorum: 16 }, "esddns:detection.quorum: asks for 16 organisations that agree, and no more than 10 are asked"],
    [
      { stun: { servers: [{ host: "stun:stun.example.com", port: 3478, organisation: "a" }] } },
      'esddns:detection.stun.servers[0].host: "stun:stun.example.com" is not the name or address of a host. Write it alone',
    ],
    [{ stun: { servers: [{ host: "stun.example.com:3478", port: 3478, organisation: "a" }] } }, "Write it alone"],
    [{ router: "fe80::1" }, 'esddns:detection.router: "fe80::1" is not an IPv4 address'],
    [{ router: "router.lan" }, "is not an IPv4 address"],
    [{ router: "127.0.0.1" }, "cannot be a router's"],
    [{ router: "255.255.255.255" }, "cannot be a router's"],
    [{ router: "192.168.1.1", sources: ["stun", "https"] }, "esddns:detection.router: is not asked"],
    [{ pcp: true, router: "192.168.1.1" }, "esddns:detection.pcp: needs router, and hostNetwork: true"],
    [{ pcp: true, hostNetwork: true }, "esddns:detection.pcp: needs router, and hostNetwork: true"],
    [{ multiWan: "PreferNodes" }, "esddns:detection.preferNodes: is empty"],
    [{ multiWan: "Both" }, "esddns:detection.multiWan: "],
    [{ multiWan: "All", preferNodes: ["node1"] }, "esddns:detection.preferNodes: says nothing with multiWan: All"],
    [{ multiWan: "PreferNodes", preferNodes: ["n1", "n1"] }, "esddns:detection.preferNodes: names a node twice"],
    [{ multiWan: "PreferNodes", preferNodes: ["No Node"] }, "esddns:detection.preferNodes[0]: "],
    [{ confirmations: 0 }, "esddns:detection.confirmations: "],
    [{ sources: [] }, "esddns:detection.sources: "],
    [{ sources: ["https", "upnp"] }, "esddns:detection.sources[1]: "],
    [{ sources: ["https", "https"] }, "esddns:detection.sources: names a link of the chain twice"],
    [{ sources: ["stun", "direct"] }, "esddns:detection.sources: leaves nobody who answers over verified TLS"],
    [{ https: { enabled: false } }, "leaves nobody who answers over verified TLS"],
    [{ https: { services: [] } }, "leaves nobody who answers over verified TLS"],
    [{ stun: { udpHostListUrl: "http://lists.example/" } }, "esddns:detection.stun.udpHostListUrl: "],
    [{ stun: { tcpLimit: -1 } }, "esddns:detection.stun.tcpLimit: "],
    [{ stun: { retryCooldownSeconds: 0 } }, "esddns:detection.stun.retryCooldownSeconds: "],
  ])("%j is refused", (detection, wrong) => {
    const found = problems(detection);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(wrong);
  });

  it("does without TLS where that is allowed", () => {
    expect(problems({ sources: ["stun", "direct"], allowUnauthenticated: true })).toEqual([]);
  });

  it("does without HTTPS where a STUN server answers over TLS", () => {
    const servers = [{ host: "stun.example", port: 5349, transport: "tls", organisation: "A" }];
    expect(problems({ sources: ["stun"], stun: { servers }, quorum: 1 })).toEqual([]);
  });
});
