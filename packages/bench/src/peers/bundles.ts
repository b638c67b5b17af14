import { join } from "node:path";
import { build, type BuildOptions, type Plugin } from "esbuild";
import { fileOf } from "../deployed.ts";
import type { BundleKind } from "./peer.ts";
import { server } from "./runtimes.ts";

/** What is served: the function of ours that it is, and what its bundle is called. */
export const BUNDLES = [
  { name: "hono-zod", bundle: "hono + zod" },
  { name: "aws-sdk", bundle: "AWS SDK" },
];

/** For packages that are CommonJS and ask for built-ins. */
const REQUIRE = `import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);`;

/** What each takes the same function as: with the server of its own, or none where it has one built in. */
const KINDS: Record<BundleKind, { entry: string; options: BuildOptions }> = {
  node: { entry: server("serve.node.ts"), options: { platform: "node", format: "cjs" } },
  bun: { entry: server("serve.bun.ts"), options: { platform: "node", format: "esm", external: ["bun"] } },
  deno: { entry: server("serve.deno.ts"), options: { platform: "node", format: "esm", banner: { js: REQUIRE } } },
  workerd: {
    entry: server("serve.workerd.ts"),
    options: { platform: "browser", format: "esm", conditions: ["workerd", "worker"], external: ["node:*"] },
  },
};

/** Bundles a function of ours for one of the others, by the same esbuild. @returns the file's path @throws Error when it does not bundle */
export async function bundleFor(kind: BundleKind, name: string, scratch: string): Promise<string> {
  const { entry, options } = KINDS[kind];
  const outfile = join(scratch, `${name}.${kind}.${options.format === "cjs" ? "cjs" : "mjs"}`);
  const plugins = [inPlaceOf(server("function.ts"), fileOf(name))];
  await build({ ...options, entryPoints: [entry], outfile, plugins, bundle: true, minify: true, target: "es2023", logLevel: "silent" });
  return outfile;
}

function inPlaceOf(placeholder: string, path: string): Plugin {
  return {
    name: "function",
    setup: ({ onResolve }) =>
      onResolve({ filter: /^\.\/function\.ts$/ }, ({ resolveDir, path: asked }) =>
        join(resolveDir, asked) === placeholder ? { path } : undefined,
      ),
  };
}
