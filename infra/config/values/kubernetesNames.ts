/** Names as Kubernetes takes them. The API server would refuse a wrong one, too, but only after half an up. */
import { checkedString } from "./checkedString.ts";
import { quote } from "../validation/problem.ts";

const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

export function isDnsLabel(value: string): boolean {
  return LABEL.test(value);
}

/** A DNS subdomain: labels with dots between them (RFC 1123). */
export function isSubdomain(value: string): boolean {
  return value.length <= 253 && value.split(".").every(isDnsLabel);
}

/** A name of a Kubernetes object or namespace: an RFC 1123 label. */
export const objectName = checkedString((value) =>
  isDnsLabel(value)
    ? undefined
    : {
        wrong: `${quote(value)} is not a name that Kubernetes takes`,
        right: "Lower-case letters, digits and hyphens, 63 at most, a letter or digit at both ends.",
      },
);

/** A name of a node. */
export const nodeName = checkedString((value) =>
  isSubdomain(value)
    ? undefined
    : { wrong: `${quote(value)} is not the name of a node`, right: "Write it as kubectl get nodes shows it." },
);

/** A name of an object that the stack does not create. It may have dots: a Secret, an issuer, an IngressClass. */
export const foreignName = checkedString((value) =>
  isSubdomain(value)
    ? undefined
    : {
        wrong: `${quote(value)} is not the name of an object of Kubernetes`,
        right: "Write it as kubectl get shows it: lower-case letters, digits, hyphens and dots.",
      },
);

/** A key of a Secret's data. */
export const secretKey = checkedString((value) =>
  /^[-._A-Za-z0-9]{1,253}$/.test(value)
    ? undefined
    : {
        wrong: `${quote(value)} is not a key of a Secret`,
        right: "Letters, digits, dots, hyphens and underscores, as kubectl describe secret shows it.",
      },
);

/** A network interface of Linux (IFNAMSIZ has room for 15 characters). */
export const interfaceName = checkedString((value) =>
  /^[^\s/:]{1,15}$/.test(value) && value !== "." && value !== ".."
    ? undefined
    : {
        wrong: `${quote(value)} is not the name of a network interface`,
        right: "Write it as ip link shows it on the node, for instance eth0; patterns are not known.",
      },
);
