import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { FnError, type Digest } from "@zygo/contracts";
import { digestOf, hexOf } from "./digest.ts";
import { syncDirectory, temporaryName, writeDurably } from "./durable-file.ts";

/** Bytes under their digest: `blobs/sha256/<hex>`. */
export interface BlobInfo {
  digest: Digest;
  /** Bytes. */
  size: number;
}

export type BlobContent = Uint8Array | AsyncIterable<Uint8Array>;

export interface Blobs {
  /**
   * Stores bytes; the same bytes again change nothing. A stream that fails leaves nothing behind.
   * @throws FnError INTERNAL when `expected` is given and is not what came.
   */
  putBlob(content: BlobContent, options?: { expected?: string }): Promise<BlobInfo>;
  /** @throws FnError INTERNAL when it is not there, longer than `limit` bytes, or not what its digest says. */
  getBlob(digest: string, options: { limit: number }): Promise<Buffer>;
  hasBlob(digest: string): Promise<boolean>;
}

/** `folder`: `…/blobs/sha256`, which exists. */
export function openBlobs(folder: string): Blobs {
  const path = (digest: string): string => join(folder, hexOf(digest));
  const put = async (content: BlobContent, expected?: string): Promise<BlobInfo> => {
    const stored = await writeDurably(
      temporaryName(folder),
      (written: BlobInfo) => path(written.digest),
      async (file) => {
        const hash = createHash("sha256");
        let size = 0;
        for await (const chunk of content instanceof Uint8Array ? [content] : content) {
          hash.update(chunk);
          size += chunk.byteLength;
          await file.writeFile(chunk);
        }
        const digest = `sha256:${hash.digest("hex")}`;
        if (expected !== undefined && digest !== expected) throw new FnError("INTERNAL", `The content is ${digest}, not ${expected}`);
        return { digest, size };
      },
    );
    await syncDirectory(folder);
    return stored;
  };
  return {
    async putBlob(content, { expected } = {}) {
      if (!(content instanceof Uint8Array)) return put(content, expected);
      const digest = digestOf(content);
      const there = expected === undefined || expected === digest ? await sizeOf(path(digest)) : null;
      return there === content.byteLength ? { digest, size: there } : put(content, expected);
    },
    getBlob: async (digest, { limit }) => readBlob(path(digest), digest, limit),
    hasBlob: async (digest) => (await sizeOf(path(digest))) !== null,
  };
}

async function readBlob(path: string, digest: string, limit: number): Promise<Buffer> {
  const size = await sizeOf(path);
  if (size === null) throw missing(digest);
  if (size > limit) throw new FnError("INTERNAL", `Blob ${digest} is longer than ${limit} bytes`);
  const bytes = await readFile(path);
  if (digestOf(bytes) !== digest) throw damaged(digest);
  return bytes;
}

/** Streams a blob's bytes; throws at their end when they are not what the digest says. @throws FnError INTERNAL */
export async function* streamBlob(folder: string, digest: string): AsyncGenerator<Buffer, void, undefined> {
  const path = join(folder, hexOf(digest));
  if ((await sizeOf(path)) === null) throw missing(digest);
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    yield chunk;
  }
  if (`sha256:${hash.digest("hex")}` !== digest) throw damaged(digest);
}

async function sizeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

const missing = (digest: string): FnError => new FnError("INTERNAL", `There is no blob ${digest}`);
const damaged = (digest: string): FnError => new FnError("INTERNAL", `Blob ${digest} is damaged`);
