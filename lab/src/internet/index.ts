import type { Service } from "../machine/service.ts";
import { internet, type Host } from "../topology.ts";
import { dnsServices, prepareDns } from "./dns.ts";
import { echoServices, gandiService, prepareToken } from "./https.ts";
import { publicNames } from "./names.ts";
import { ensureCa, ensureCertificate } from "./pki.ts";
import { coturnHosts, prepareStun, stunServices } from "./stun.ts";

/**
 * Writes what the servers of the lab's internet need: the CA (stateDir/pki/internet-ca.crt) and certificates, the
 * token of the Gandi stand-in (stateDir/gandi-token), zones and configurations (stateDir/internet). What is there and
 * still good stays, so it may be called at any time, also while the servers run.
 */
export async function prepareInternet(): Promise<void> {
  await ensureCa();
  const { echoIpify, echoAmazon, echoIfconfig, gandi } = internet;
  const tlsHosts = coturnHosts.filter(({ tlsPort }) => tlsPort !== undefined).map(({ host }) => host);
  const hosts: readonly Host[] = [echoIpify, echoAmazon, echoIfconfig, gandi, ...tlsHosts];
  for (const host of hosts) await ensureCertificate(host.name, publicNames(host));
  await prepareToken();
  await prepareDns();
  await prepareStun();
}

/** Every server of the lab's internet and the router's resolver, in the order in which they start. Needs `prepareInternet`. */
export async function internetServices(): Promise<Service[]> {
  return [...(await dnsServices()), ...(await stunServices()), ...(await echoServices()), await gandiService()];
}
