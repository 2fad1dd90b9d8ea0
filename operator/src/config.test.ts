import { describe, expect, it } from "vitest";
import { parseConfig } from "./config.ts";

const pod = {
  POD_NAMESPACE: "home",
  POD_NAME: "esddns-operator-daemon-x",
  NODE_NAME: "node1",
  KUBERNETES_SERVICE_HOST: "fd00:96::1",
  KUBERNETES_SERVICE_PORT: "443",
};

describe("parseConfig", () => {
  it("takes what the kubelet sets and defaults for the rest", () => {
    expect(parseConfig(["operator"], pod)).toEqual({
      ok: true,
      config: {
        command: "operator",
        namespace: "home",
        podName: "esddns-operator-daemon-x",
        nodeName: "node1",
        logLevel: "info",
        httpPort: 8080,
        healthPort: 8082,
        hosts: [],
        kube: {
          host: "fd00:96::1",
          port: 443,
          serviceAccountDir: "/var/run/secrets/kubernetes.io/serviceaccount",
        },
        gandiUrl: "https://api.gandi.net/v5/livedns",
        gandiTokenFile: "/var/run/secrets/esddns/token",
        gandiRequestsPerMinute: 300,
        pushPort: 8081,
      },
    });
  });

  it("takes the names of the page", () => {
    expect(parseConfig(["status"], { ...pod, ESDDNS_HOSTS: "esddns.lan,page" })).toMatchObject({
      config: { hosts: ["esddns.lan", "page"] },
    });
  });

  it("needs neither node nor token for the page", () => {
    expect(parseConfig(["status"], { ...pod, NODE_NAME: undefined })).toMatchObject({
      ok: true,
      config: { command: "status" },
    });
  });

  it("needs nothing more for a look from a pod, and keeps what the pod was told", () => {
    expect(parseConfig(["doctor"], { ...pod, ESDDNS_POOLS: "a,b", ESDDNS_GANDI_URL: "" })).toMatchObject({
      ok: true,
      config: { command: "doctor", namespace: "home", environment: new Map([["ESDDNS_POOLS", "a,b"]]) },
    });
  });

  it("takes an empty variable as one that is not set", () => {
    expect(parseConfig(["operator"], { ...pod, ESDDNS_GANDI_URL: "", ESDDNS_LOG_LEVEL: "" })).toMatchObject({
      ok: true,
      config: { gandiUrl: "https://api.gandi.net/v5/livedns", logLevel: "info" },
    });
    expect(parseConfig(["status"], { ...pod, POD_NAME: "" })).toEqual({ ok: false, problems: ["POD_NAME is not set"] });
  });

  it("names every problem at once", () => {
    const env = {
      ESDDNS_LOG_LEVEL: "loud",
      ESDDNS_HTTP_PORT: "80a",
      KUBERNETES_SERVICE_PORT: "70000",
      ESDDNS_GANDI_URL: "ftp://example.com",
      ESDDNS_GANDI_REQUESTS_PER_MINUTE: "1000",
    };
    expect(parseConfig(["operator"], env)).toEqual({
      ok: false,
      problems: [
        "POD_NAMESPACE is not set",
        "POD_NAME is not set",
        'ESDDNS_LOG_LEVEL is "loud", not one of trace, debug, info, warn, error, fatal, silent',
        'ESDDNS_HTTP_PORT is "80a", not a port from 1 to 65535',
        "KUBERNETES_SERVICE_HOST is not set",
        'KUBERNETES_SERVICE_PORT is "70000", not a port from 1 to 65535',
        "NODE_NAME is not set",
        'ESDDNS_GANDI_URL is "ftp://example.com", not an https:// URL',
        'ESDDNS_GANDI_REQUESTS_PER_MINUTE is "1000", not a number from 10 to 900',
      ],
    });
  });

  it.each([[[]], [["both"]], [["operator", "status"]]])("says what can be run instead of %j", (args) => {
    const parsed = parseConfig(args, pod);
    expect(parsed).toMatchObject({
      ok: false,
      problems: [expect.stringContaining('"operator", "status" or "doctor"')],
    });
  });
});
