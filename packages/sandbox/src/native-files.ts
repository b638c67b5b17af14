import { fileURLToPath } from "node:url";

/** A file that native/Makefile builds, e.g. "bin/launcher". */
export const nativeFile = (name: string): string => fileURLToPath(new URL(`../../../native/build/${name}`, import.meta.url));
