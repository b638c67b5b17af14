import { join } from "node:path";

/** The repository, absolute. */
export const CHECKOUT = join(import.meta.dirname, "..", "..", "..");

/** The pinned Node that runs everything of ours. */
export const PINNED_NODE = join(CHECKOUT, "node_modules", `node24-${process.arch}`, "bin", "node");

const FIXTURES = join(CHECKOUT, "functions");

/** The absolute path of a function that ships with the repository: `example("hello")`, `example("hostile/spins")`. */
export const example = (name: string): string => join(FIXTURES, `${name}.ts`);
