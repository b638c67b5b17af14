import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { digestOf, openArtifacts } from "../src/index.ts";
import { temporaryFolder } from "./folder.ts";

const bytes = Buffer.from("some bytes");
const digest = digestOf(bytes);
const blobs = (folder: string): Promise<string[]> => readdir(join(folder, "blobs/sha256"));

test("bytes come back by their digest, given whole or as a stream", async () => {
  const artifacts = await openArtifacts(temporaryFolder());
  expect(await artifacts.hasBlob(digest)).toBe(false);
  const stream = (async function* () {
    yield bytes.subarray(0, 3);
    yield bytes.subarray(3);
  })();
  expect(await artifacts.putBlob(stream)).toEqual({ digest, size: bytes.length });
  expect(await artifacts.putBlob(bytes)).toEqual({ digest, size: bytes.length });
  expect(await artifacts.hasBlob(digest)).toBe(true);
  expect(await artifacts.getBlob(digest, { limit: 100 })).toEqual(bytes);
});

test("a stream that fails, or is not what was expected, leaves nothing", async () => {
  const folder = temporaryFolder();
  const artifacts = await openArtifacts(folder);
  const broken = (async function* () {
    yield bytes;
    throw new Error("the caller left");
  })();
  await expect(artifacts.putBlob(broken)).rejects.toThrow("the caller left");
  await expect(artifacts.putBlob(bytes, { expected: digestOf("other") })).rejects.toMatchObject({ code: "INTERNAL" });
  expect(await blobs(folder)).toEqual([]);
});

test("a blob that was changed, cut or is missing is not given out", async () => {
  const folder = temporaryFolder();
  const artifacts = await openArtifacts(folder);
  await expect(artifacts.getBlob(digest, { limit: 100 })).rejects.toMatchObject({ code: "INTERNAL" });
  await artifacts.putBlob(bytes);
  await writeFile(join(folder, "blobs/sha256", digest.slice(7)), "Some bytes");
  await expect(artifacts.getBlob(digest, { limit: 100 })).rejects.toMatchObject({ code: "INTERNAL" });
});

test("a blob that was cut short is replaced by the next put", async () => {
  const folder = temporaryFolder();
  const artifacts = await openArtifacts(folder);
  await artifacts.putBlob(bytes);
  await writeFile(join(folder, "blobs/sha256", digest.slice(7)), "");
  await artifacts.putBlob(bytes);
  expect(await artifacts.getBlob(digest, { limit: 100 })).toEqual(bytes);
});

test("a blob longer than the limit is not read", async () => {
  const artifacts = await openArtifacts(temporaryFolder());
  await artifacts.putBlob(bytes);
  await expect(artifacts.getBlob(digest, { limit: bytes.length - 1 })).rejects.toMatchObject({ code: "INTERNAL" });
});

test.each(["sha256:../../index.json", "../x", "sha256:AB", "md5:00", ""])("%j is no digest and reads no file", async (wrong) => {
  const artifacts = await openArtifacts(temporaryFolder());
  await expect(artifacts.getBlob(wrong, { limit: 100 })).rejects.toMatchObject({ code: "INTERNAL" });
  await expect(artifacts.hasBlob(wrong)).rejects.toMatchObject({ code: "INTERNAL" });
});
