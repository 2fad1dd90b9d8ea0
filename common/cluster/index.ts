export * from "./announcer.ts";
export * from "./poolUse.ts";
export * from "./read.ts";
export * from "./serviceLb.ts";
