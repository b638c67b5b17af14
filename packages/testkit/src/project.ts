import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { CHECKOUT } from "./checkout.ts";

/** A developer's directory outside of the repository. */
export interface Project {
  directory: string;
  /** Writes a file of it, its directories too, and gives its path. */
  write(name: string, source: string): string;
  remove(): void;
}

/** A fresh project with these npm packages, which have no dependencies of their own, installed as npm would: copied from the repository's. */
export function makeProject(packages: string[] = []): Project {
  const directory = mkdtempSync("/tmp/fn-project-");
  writeFileSync(join(directory, "package.json"), JSON.stringify({ type: "module" }));
  mkdirSync(join(directory, "node_modules"));
  for (const name of packages) cpSync(join(CHECKOUT, "node_modules", name), join(directory, "node_modules", name), { recursive: true });
  return {
    directory,
    write(name, source) {
      const path = join(directory, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, source);
      return path;
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
