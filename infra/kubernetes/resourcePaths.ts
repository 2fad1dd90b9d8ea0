/** The paths of the API server. */
import { API_VERSION, GROUP } from "@esddns/common/api";

export const wanPath = (namespace?: string) => path("wanaddresses", namespace);
export const dnsRecordsPath = (namespace?: string) => path("dnsrecords", namespace);

/** The end of the name of every definition of this project. */
export const DEFINITION_GROUP = `.${GROUP}`;

const DEFINITIONS_PATH = `/apis/${API_VERSION}`;
export const METALLB_PATH = "/apis/metallb.io/v1beta1";

function path(plural: string, namespace: string | undefined): string {
  return `${DEFINITIONS_PATH}/${namespace === undefined ? "" : `namespaces/${namespace}/`}${plural}`;
}
