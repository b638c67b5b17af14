export { bundle } from "./bundle.ts";
export type { Bundle, BundleRequest } from "./bundle.ts";
export { BundleError, BundlerFailedError } from "./errors.ts";
export type { BundleMessage } from "./errors.ts";
