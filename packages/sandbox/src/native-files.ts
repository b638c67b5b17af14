import { join } from "node:path";

const BUILT = join(import.meta.dirname, "../../../native/build");

/** A file that native/Makefile builds, e.g. "bin/launcher". */
export const nativeFile = (name: string, directory = BUILT): string => join(directory, name);
