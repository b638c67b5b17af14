import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { shortVersion, type Digest } from "@zygo/contracts";
import { openBlobs, type BlobInfo, type Blobs } from "./blobs.ts";
import { canonicalJson } from "./canonical-json.ts";
import { removeStale, temporaryName, writeDurably } from "./durable-file.ts";
import { openIndexFile } from "./index-file.ts";
import { buildLayer, type BundleFormat } from "./layer.ts";
import { MEDIA_TYPES, TITLE } from "./media-types.ts";

export interface VersionContent {
  name: string;
  bundle: Uint8Array;
  sourceMap: Uint8Array | null;
  /** A tar of `app/node_modules/…`; see `requireDependencies`. */
  dependencies?: Uint8Array | null;
  format: BundleFormat;
  /** Whatever else makes a version what it is. JSON; part of the version's digest, and readable to whoever reads the artifact. */
  config: unknown;
}

export interface StoredVersion {
  /** The manifest's digest, which is the version. */
  version: Digest;
  layer: Digest;
  sourceMap: Digest | null;
  dependencies: Digest | null;
}

/** Versions as OCI artifacts in an image layout on disk. @source OCI image-spec v1.1, image-layout.md */
export interface Artifacts extends Blobs {
  /** The same content has the same digest, always. Twice, or in several processes at once, is fine. */
  putVersion(content: VersionContent): Promise<StoredVersion>;
  /** Digest of the manifest with the tag `<name>:<short version>`; null when there is none. */
  resolve(ref: string): Promise<string | null>;
}

/** Where the blobs of a layout are. */
export const blobFolder = (directory: string): string => join(directory, "blobs", "sha256");

/** Opens the layout in a directory, and makes it when there is none. */
export async function openArtifacts(directory: string): Promise<Artifacts> {
  const folder = blobFolder(directory);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await Promise.all([removeStale(directory, Date.now()), removeStale(folder, Date.now())]);
  await writeDurably(
    temporaryName(directory),
    () => join(directory, "oci-layout"),
    (file) => file.writeFile(JSON.stringify({ imageLayoutVersion: "1.0.0" })),
  );
  const blobs = openBlobs(folder);
  const index = openIndexFile(join(directory, "index.json"));
  return {
    ...blobs,
    resolve: (ref) => index.resolve(ref),
    async putVersion(content) {
      const stored = await putParts(blobs, content);
      const manifest = await blobs.putBlob(Buffer.from(canonicalJson(manifestOf(content.name, stored))));
      const ref = `${content.name}:${shortVersion(manifest.digest)}`;
      if ((await index.resolve(ref)) !== manifest.digest) await index.tag(ref, { ...manifest, artifactType: MEDIA_TYPES.artifact });
      const { layer, sourceMap, dependencies } = stored;
      return {
        version: manifest.digest,
        layer: layer.digest,
        sourceMap: sourceMap?.digest ?? null,
        dependencies: dependencies?.digest ?? null,
      };
    },
  };
}

interface Parts {
  layer: BlobInfo;
  config: BlobInfo;
  sourceMap: BlobInfo | null;
  dependencies: BlobInfo | null;
}

async function putParts(blobs: Blobs, { bundle, sourceMap, format, config, dependencies }: VersionContent): Promise<Parts> {
  const [layer, configBlob, map, packages] = await Promise.all([
    buildLayer(bundle, format).then((tar) => blobs.putBlob(tar)),
    blobs.putBlob(Buffer.from(canonicalJson(config))),
    sourceMap === null ? null : blobs.putBlob(sourceMap),
    dependencies ? blobs.putBlob(dependencies) : null,
  ]);
  return { layer, config: configBlob, sourceMap: map, dependencies: packages };
}

function manifestOf(name: string, { layer, config, sourceMap, dependencies }: Parts): unknown {
  return {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.manifest,
    artifactType: MEDIA_TYPES.artifact,
    config: { mediaType: MEDIA_TYPES.config, ...config },
    layers: [
      { mediaType: MEDIA_TYPES.layer, ...layer },
      ...(dependencies === null ? [] : [{ mediaType: MEDIA_TYPES.dependencies, ...dependencies }]),
      ...(sourceMap === null ? [] : [{ mediaType: MEDIA_TYPES.sourceMap, ...sourceMap }]),
    ],
    annotations: { [TITLE]: name },
  };
}
