import type { DeployMeta } from "@zygo/contracts";

type Part = string | Uint8Array;
type BlobParts = ConstructorParameters<typeof Blob>[0];

/** The upload of a deploy, as contracts/src/api.ts describes it. */
export function deployForm(parts: {
  meta: DeployMeta;
  bundle: Part;
  sourceMap?: Part | null | undefined;
  dependencies?: Uint8Array | null | undefined;
}): FormData {
  const { meta, bundle, sourceMap, dependencies } = parts;
  const form = new FormData();
  form.set("meta", file(JSON.stringify(meta), "application/json"), "meta.json");
  form.set("bundle", file(bundle, "text/javascript"), meta.format === "esm" ? "main.mjs" : "main.cjs");
  if (sourceMap !== null && sourceMap !== undefined) form.set("sourceMap", file(sourceMap, "application/json"), "main.map");
  if (dependencies !== null && dependencies !== undefined)
    form.set("dependencies", file(dependencies, "application/x-tar"), "dependencies.tar");
  return form;
}

const file = (content: Part, type: string): Blob => new Blob([content] as BlobParts, { type });
