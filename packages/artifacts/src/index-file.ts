import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Digest, FnError } from "@zygo/contracts";
import { z } from "zod";
import { syncDirectory, temporaryName, writeDurably } from "./durable-file.ts";
import { withFileLock } from "./lock.ts";
import { MEDIA_TYPES, REF_NAME } from "./media-types.ts";

const Descriptor = z.looseObject({
  mediaType: z.string(),
  digest: Digest,
  size: z.int(),
  annotations: z.record(z.string(), z.string()).optional(),
});
type Descriptor = z.infer<typeof Descriptor>;
const Index = z.looseObject({ schemaVersion: z.literal(2), manifests: z.array(Descriptor) });
type Index = z.infer<typeof Index>;

/** `index.json`: which manifest each tag names. */
export interface IndexFile {
  /** Points the tag at the manifest. Safe with writers in this process and in others. @throws FnError CONFLICT, INTERNAL */
  tag(ref: string, manifest: { digest: string; size: number; artifactType: string }): Promise<void>;
  /** Null when there is no such tag. @throws FnError INTERNAL when the file is damaged. */
  resolve(ref: string): Promise<string | null>;
}

export function openIndexFile(path: string): IndexFile {
  // Within the process writers queue here; only the first of them asks for the lock file.
  let last: Promise<unknown> = Promise.resolve();
  return {
    tag(ref, manifest) {
      const entry = { ...manifest, mediaType: MEDIA_TYPES.manifest, annotations: { [REF_NAME]: ref } };
      const write = last.then(() => withFileLock(`${path}.lock`, async () => update(path, ref, entry)));
      last = write.catch(() => {});
      return write;
    },
    async resolve(ref) {
      return (await readIndex(path)).manifests.find((entry) => entry.annotations?.[REF_NAME] === ref)?.digest ?? null;
    },
  };
}

async function update(path: string, ref: string, entry: Descriptor): Promise<void> {
  const index = await readIndex(path);
  const others = index.manifests.filter((each) => each.annotations?.[REF_NAME] !== ref);
  const text = JSON.stringify({ ...index, mediaType: MEDIA_TYPES.index, manifests: [...others, entry] });
  await writeDurably(
    temporaryName(dirname(path)),
    () => path,
    (file) => file.writeFile(text),
  );
  await syncDirectory(join(dirname(path)));
}

async function readIndex(path: string): Promise<Index> {
  try {
    return Index.parse(JSON.parse(await readFile(path, "utf8")));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return { schemaVersion: 2, manifests: [] };
    throw new FnError("INTERNAL", "The index of the artifact store is damaged", { cause });
  }
}
