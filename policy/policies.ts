/** The rules as policies: their names, what can be configured of each, and which resources they look at. */
import type { ResourceValidationArgs, ResourceValidationPolicy } from "@pulumi/policy";
import { imageProblems } from "./images.ts";
import { podTemplateOf } from "./pods.ts";
import { PRIVATE_RANGES, poolProblems } from "./pools.ts";
import { restrictedProblems } from "./restricted.ts";

const IMAGES: ResourceValidationPolicy = {
  name: "images-by-digest",
  description: "Every image is named by its digest, so that what was reviewed is what runs.",
  enforcementLevel: "mandatory",
  configSchema: {
    properties: {
      allowTags: { type: "boolean", default: false },
    },
  },
  validateResource: (args, report) => {
    const template = podTemplateOf(args.type, args.props);
    if (template === undefined) return;
    const { allowTags = false } = args.getConfig<{ allowTags?: boolean }>();
    for (const problem of imageProblems(template.spec, allowTags)) report(problem);
  },
};

const PODS: ResourceValidationPolicy = {
  name: "restricted-pods",
  description: "Pods keep to the Pod Security Standard `restricted`.",
  enforcementLevel: "mandatory",
  configSchema: {
    properties: {
      /** NAMESPACE, or NAMESPACE/NAME of the object that has the pods. */
      exempt: { type: "array", items: { type: "string" }, default: [] },
    },
  },
  validateResource: (args, report) => {
    const template = podTemplateOf(args.type, args.props);
    if (template === undefined) return;
    const { exempt = [] } = args.getConfig<{ exempt?: string[] }>();
    if (exempt.includes(template.namespace) || exempt.includes(`${template.namespace}/${template.name}`)) return;
    for (const problem of restrictedProblems(template.spec)) report(problem);
  },
};

const POOLS: ResourceValidationPolicy = {
  name: "pools-in-allowed-ranges",
  description: "MetalLB hands out addresses of allowed ranges only; without config these are the private ones.",
  enforcementLevel: "mandatory",
  configSchema: {
    properties: {
      allowed: { type: "array", items: { type: "string" }, default: [...PRIVATE_RANGES] },
    },
  },
  validateResource: (args, report) => {
    if (!isPool(args)) return;
    const { allowed = PRIVATE_RANGES } = args.getConfig<{ allowed?: string[] }>();
    for (const problem of poolProblems(args.props, allowed)) report(problem);
  },
};

export const policies: readonly ResourceValidationPolicy[] = [IMAGES, PODS, POOLS];

function isPool({ type }: ResourceValidationArgs): boolean {
  return /^kubernetes:metallb\.io\/[^:]+:IPAddressPool$/.test(type);
}
