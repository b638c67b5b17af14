/**
 * Names of what a version consists of.
 * @source OCI image-spec v1.1, manifest.md ("Guidelines for artifact usage") and image-layout.md
 */
export const MEDIA_TYPES = {
  index: "application/vnd.oci.image.index.v1+json",
  manifest: "application/vnd.oci.image.manifest.v1+json",
  layer: "application/vnd.oci.image.layer.v1.tar",
  /** Packages that the bundle does not hold. */
  dependencies: "application/vnd.zygo.function.dependencies.v1.tar",
  artifact: "application/vnd.zygo.function.v1",
  config: "application/vnd.zygo.function.config.v1+json",
  sourceMap: "application/vnd.zygo.function.source-map.v1+json",
} as const;

export const REF_NAME = "org.opencontainers.image.ref.name";
export const TITLE = "org.opencontainers.image.title";
