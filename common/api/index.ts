export * from "./v1alpha1.ts";
export { crds } from "./crd.ts";
export * from "./gandi.ts";
export * from "./rbac.ts";
export * from "./notify.ts";
export * from "./metrics.ts";
export * from "./sources.ts";
