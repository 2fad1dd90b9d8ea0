export * from "./address.ts";
export * from "./plausibility.ts";
export * from "./ranges.ts";
export * from "./specialPurpose.ts";
