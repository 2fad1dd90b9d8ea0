export * from "./announcing.ts";
export * from "./conditions.ts";
export * from "./objects.ts";
export * from "./poolUse.ts";
export * from "./read.ts";
export * from "./serviceLb.ts";
