import { pack } from "tar-stream";

/** File of the bundle in a layer; its ending tells Node the module system. */
export const BUNDLE_FILE = { cjs: "app/main.cjs", esm: "app/main.mjs" } as const;
export type BundleFormat = keyof typeof BUNDLE_FILE;

const EPOCH = new Date(0);

/** The layer of a bundle: a tar whose bytes depend on the bundle's bytes and format alone. */
export async function buildLayer(bundle: Uint8Array, format: BundleFormat): Promise<Buffer> {
  const tar = pack();
  const owner = { uid: 0, gid: 0, mtime: EPOCH };
  tar.entry({ name: "app", type: "directory", mode: 0o755, ...owner });
  tar.entry(
    { name: BUNDLE_FILE[format], type: "file", mode: 0o644, ...owner },
    Buffer.from(bundle.buffer, bundle.byteOffset, bundle.byteLength),
  );
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
