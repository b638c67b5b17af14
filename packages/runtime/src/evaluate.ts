import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { compileFunction, constants } from "node:vm";

const PARAMETERS = ["exports", "require", "module", "__filename", "__dirname"];

type Evaluate = (exports: unknown, require: NodeJS.Require, module: { exports: unknown }, file: string, directory: string) => void;

/** Evaluates a bundle and returns its exports. CommonJS loads without a turn of the event loop; an ES module may await at its top. */
export async function evaluateBundle(file: string, format: "cjs" | "esm"): Promise<unknown> {
  if (format === "esm") return importModule(pathToFileURL(file).href);
  return evaluateCommonJs(readFileSync(file, "utf8"), file);
}

/** `import()` of an address that no bundler follows. */
export const importModule = (address: string): Promise<unknown> => import(address) as Promise<unknown>;

/** Runs `source` as Node runs a CommonJS module; no wrapper shifts its columns. Its `import()` is Node's own. */
export function evaluateCommonJs(source: string, file: string): unknown {
  const evaluate = compileFunction(source, PARAMETERS, {
    filename: file,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  }) as unknown as Evaluate;
  const require = createRequire(file);
  const module = { exports: {} as unknown, id: file, filename: file, loaded: false, children: [], paths: [], require };
  Reflect.apply(evaluate, module.exports, [module.exports, require, module, file, dirname(file)]);
  module.loaded = true;
  return module.exports;
}
