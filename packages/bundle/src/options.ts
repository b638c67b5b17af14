import { join } from "node:path";
import type { BuildOptions } from "esbuild";
import type { Project } from "./project.ts";

export type Format = "cjs" | "esm";

/** Where a sandbox has the bundle. */
const SANDBOX_FILE = { cjs: "/app/main.cjs", esm: "/app/main.mjs" } as const;

/** CommonJS packages inside an ESM bundle call `require`; Node gives ESM none. A global, since the entry may declare its own. */
const ESM_BANNER = `import{createRequire as __fnCreateRequire}from"node:module";globalThis.require??=__fnCreateRequire(import.meta.url);`;

/** How a function is bundled. Names are kept, so that stack traces read well; what a sandbox has not is never left as an import. */
export function buildOptions(project: Project, format: Format) {
  const file = SANDBOX_FILE[format];
  return {
    ...commonOptions(project),
    format,
    outfile: join(project.root, file.slice("/app/".length)),
    // ES module code first: it can be tree-shaken. CommonJS is what is left.
    mainFields: ["module", "main"],
    minifySyntax: true,
    minifyWhitespace: true,
    keepNames: true,
    legalComments: "none",
    // Sources are relative to outfile, which stands in the project root.
    sourcemap: "external",
    sourcesContent: true,
    loader: { ".txt": "text", ".html": "text", ".sql": "text", ".md": "text", ".wasm": "binary" },
    define: format === "cjs" ? importMeta(file) : commonJsNames(file),
    ...(format === "esm" ? { banner: { js: ESM_BANNER } } : {}),
  } as const satisfies BuildOptions;
}

/** Parses the entry alone, to learn what it exports: a millisecond, beside the build itself. */
export function entryOnlyOptions(project: Project) {
  return {
    ...commonOptions(project),
    format: "esm",
    external: ["*"],
    outfile: join(project.root, "main.mjs"),
  } as const satisfies BuildOptions;
}

function commonOptions(project: Project) {
  return {
    entryPoints: [project.entry],
    absWorkingDir: project.root,
    bundle: true,
    platform: "node",
    target: "node22",
    write: false,
    metafile: true,
    logLevel: "silent",
    logLimit: 20,
  } as const satisfies BuildOptions;
}

function importMeta(file: string): Record<string, string> {
  return {
    "import.meta.url": JSON.stringify(`file://${file}`),
    "import.meta.filename": JSON.stringify(file),
    "import.meta.dirname": JSON.stringify("/app"),
  };
}

function commonJsNames(file: string): Record<string, string> {
  return { __filename: JSON.stringify(file), __dirname: JSON.stringify("/app") };
}
