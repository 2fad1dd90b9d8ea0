import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { internet } from "../topology.ts";
import { renderDnsmasq, renderKnot } from "./dns.ts";
import { tlsFiles } from "./files.ts";
import { renderCoturn } from "./stun.ts";

describe("renderKnot", () => {
  const config = parse(renderKnot({ dir: "/knot", secret: "c2VjcmV0", worldZones: ["", "ipify.org"] })) as {
    zone: unknown;
    acl: unknown;
  };

  it("lets only the account's zones be changed", () => {
    expect(config.zone).toEqual([
      { domain: ".", file: "root.zone" },
      { domain: "ipify.org.", file: "ipify.org.zone" },
      { domain: "example.com.", file: "example.com.zone", template: "account" },
      { domain: "example.net.", file: "example.net.zone", template: "account" },
    ]);
  });

  it("lets only the Gandi stand-in change them, with its key", () => {
    const { ipv4, ipv6 } = internet.gandi;
    expect(config.acl).toMatchObject([{ address: [ipv4, ipv6], key: "gandi-livedns" }]);
  });
});

describe("renderDnsmasq", () => {
  it("asks nobody but the lab's own server", () => {
    const lines = renderDnsmasq("/dnsmasq.pid").split("\n");
    expect(lines).toEqual(expect.arrayContaining(["no-resolv", "no-hosts", "cache-size=0"]));
    expect(lines.filter((line) => line.startsWith("server="))).toEqual([
      `server=${internet.dns.ipv4}`,
      `server=${internet.dns.ipv6}`,
    ]);
  });
});

describe("renderCoturn", () => {
  it("serves UDP alone on two ports", () => {
    const lines = renderCoturn({ host: internet.stunGoogle, ports: [19302, 3478], tcp: false }, "/state").split("\n");
    expect(lines).toEqual(
      expect.arrayContaining([
        "stun-only",
        "no-tcp",
        "no-tls",
        "listening-port=19302",
        `aux-server=${internet.stunGoogle.ipv4}:3478`,
        `aux-server=[${internet.stunGoogle.ipv6}]:3478`,
        "userdb=/state/coturn-stun-google.sqlite",
      ]),
    );
  });

  it("serves TLS with the host's certificate", () => {
    const host = internet.stunNextcloud;
    const lines = renderCoturn({ host, ports: [3478], tcp: true, tlsPort: 5349 }, "/state").split("\n");
    expect(lines).toEqual(
      expect.arrayContaining(["tls-listening-port=5349", `cert=${tlsFiles(host.name).certificate}`]),
    );
    expect(lines).not.toContain("no-tls");
    expect(lines).not.toContain("no-tcp");
  });
});
