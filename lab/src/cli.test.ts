import { describe, expect, it } from "vitest";
import { parseCommand } from "./cli.ts";
import { UsageError } from "./errors.ts";

describe("the command line", () => {
  it("brings the lab up when nothing is said", () => {
    expect(parseCommand([])).toEqual({ verb: "up", metallb: undefined });
    expect(parseCommand(["up"])).toEqual({ verb: "up", metallb: undefined });
  });

  it("takes another MetalLB", () => {
    expect(parseCommand(["--metallb", "0.16.2"])).toEqual({ verb: "up", metallb: "0.16.2" });
    expect(parseCommand(["up", "--metallb", "0.16.2"])).toEqual({ verb: "up", metallb: "0.16.2" });
    expect(() => parseCommand(["--metallb"])).toThrow(UsageError);
    expect(() => parseCommand(["up", "0.16.2"])).toThrow(UsageError);
  });

  it("takes another Kubernetes, by itself or with another MetalLB", () => {
    expect(parseCommand(["--kubernetes", "1.30.14"])).toEqual({ verb: "up", kubernetes: "1.30.14" });
    expect(parseCommand(["--kubernetes", "1.36.3", "--metallb", "0.16.2"])).toMatchObject({
      kubernetes: "1.36.3",
      metallb: "0.16.2",
    });
    expect(() => parseCommand(["--kubernetes"])).toThrow(UsageError);
  });

  it("takes a number of nodes, by itself or with the rest", () => {
    expect(parseCommand(["--nodes", "1"])).toEqual({ verb: "up", nodes: 1 });
    expect(parseCommand(["up", "--nodes", "2", "--metallb", "0.16.2"])).toEqual({
      verb: "up",
      metallb: "0.16.2",
      nodes: 2,
    });
    for (const count of ["0", "3", "one", ""]) expect(() => parseCommand(["--nodes", count])).toThrow(UsageError);
    expect(() => parseCommand(["--nodes"])).toThrow(UsageError);
  });

  it.each(["help", "--help", "-h"])("explains itself on %s", (word) => {
    expect(parseCommand([word])).toEqual({ verb: "help" });
  });

  it("changes the IPv4 address and, if given, the prefix", () => {
    expect(parseCommand(["wan", "198.51.100.77"])).toEqual({ verb: "wan", ipv4: "198.51.100.77", prefix: undefined });
    expect(parseCommand(["wan", "198.51.100.77", "2001:db8:200::/64"])).toMatchObject({ prefix: "2001:db8:200::/64" });
  });

  it("switches BGP on and off, and shows it", () => {
    expect(parseCommand(["bgp", "on"])).toEqual({ verb: "bgp", on: true });
    expect(parseCommand(["bgp", "off"])).toEqual({ verb: "bgp", on: false });
    expect(parseCommand(["bgp"])).toEqual({ verb: "bgp", on: undefined });
  });

  it("switches a trouble on and off, all of them off, and lists them", () => {
    expect(parseCommand(["trouble"])).toEqual({ verb: "trouble", name: undefined, on: true });
    expect(parseCommand(["trouble", "stun-liar", "on"])).toEqual({ verb: "trouble", name: "stun-liar", on: true });
    expect(parseCommand(["trouble", "stun-liar", "off"])).toEqual({ verb: "trouble", name: "stun-liar", on: false });
    expect(parseCommand(["trouble", "off"])).toEqual({ verb: "trouble", name: undefined, on: false });
    expect(() => parseCommand(["trouble", "stun-liar"])).toThrow(UsageError);
    expect(() => parseCommand(["trouble", "stun-liar", "maybe"])).toThrow(UsageError);
  });

  it("leaves the words of other programs as they are", () => {
    const words = ["get", "pods", "--help", "-o", "json", "--", "-f"];
    expect(parseCommand(["kubectl", ...words])).toEqual({ verb: "kubectl", args: words });
    expect(parseCommand(["pulumi", ...words])).toEqual({ verb: "pulumi", args: words });
    expect(parseCommand(["doctor", ...words])).toEqual({ verb: "doctor", args: words });
    expect(parseCommand(["exec", "client", "ls", "--help", "-f"])).toEqual({
      verb: "exec",
      host: "client",
      argv: ["ls", "--help", "-f"],
    });
  });

  it("takes a shorter patience for alerts", () => {
    expect(parseCommand(["prometheus"])).toEqual({ verb: "prometheus", lasting: undefined });
    expect(parseCommand(["prometheus", "--for", "2s"])).toEqual({ verb: "prometheus", lasting: "2s" });
    expect(() => parseCommand(["prometheus", "--for", "soon"])).toThrow(UsageError);
  });

  it("takes -f before and behind the name of a log", () => {
    const expected = { verb: "logs", name: "etcd", follow: true };
    expect(parseCommand(["logs", "-f", "etcd"])).toEqual(expected);
    expect(parseCommand(["logs", "etcd", "-f"])).toEqual(expected);
    expect(parseCommand(["logs"])).toEqual({ verb: "logs", name: undefined, follow: false });
  });

  it.each([
    [["start"], /"start" is not a verb of the lab; there are up, down/],
    [["down", "now"], /down takes no arguments/],
    [["wan"], /wan takes an IPv4 address/],
    [["wan", "1.2.3.4", "2001:db8:200::/64", "x"], /wan takes an IPv4 address/],
    [["bgp", "yes"], /bgp takes on, off or nothing, but got "yes"/],
    [["bgp", "on", "node1"], /bgp takes on, off/],
    [["exec"], /exec takes a host and a command/],
    [["exec", "node3", "ls"], /"node3" is not a host; there are node1, node2, client, router/],
    [["exec", "node1"], /takes a command/],
    [["logs", "-x"], /Unknown option/],
    [["logs", "-f"], /takes the name/],
    [["logs", "a", "b"], /takes one name/],
  ])("refuses %j and says what would be right", (argv, reason) => {
    expect(() => parseCommand(argv)).toThrow(UsageError);
    expect(() => parseCommand(argv)).toThrow(reason);
  });
});
