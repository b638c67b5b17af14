export * from "./api.ts";
export * from "./config.ts";
export * from "./envelope.ts";
export * from "./errors.ts";
export * from "./names.ts";
export * from "./paths.ts";
export * from "./version.ts";
