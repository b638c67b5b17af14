export { openArtifacts, type Artifacts, type StoredVersion, type VersionContent } from "./artifacts.ts";
export type { BlobContent, BlobInfo } from "./blobs.ts";
export { canonicalJson } from "./canonical-json.ts";
export { requireDependencies } from "./dependencies.ts";
export { digestOf } from "./digest.ts";
export { openPayloads, type Payloads } from "./payloads.ts";
export { openVolumes, type VolumeFacts, type Volumes } from "./volumes.ts";
export { materialise, materialiseDependencies, type Wanted } from "./materialise.ts";
