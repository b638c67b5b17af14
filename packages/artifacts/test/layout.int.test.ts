import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { shortVersion } from "@zygo/contracts";
import { expect, test } from "vitest";
import { digestOf, openArtifacts, type VersionContent } from "../src/index.ts";
import { temporaryFolder } from "./folder.ts";

const hello: VersionContent = {
  name: "hello",
  bundle: Buffer.from("module.exports = () => new Response('hello')"),
  sourceMap: Buffer.from('{"version":3}'),
  format: "cjs",
  config: { overrides: { memoryMb: 64 }, env: "x" },
};

async function json(path: string): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(path, "utf8")) as Record<string, unknown>;
}

interface IndexDocument {
  manifests: { mediaType: string; digest: string; size: number; annotations: Record<string, string> }[];
}
const index = async (folder: string): Promise<IndexDocument> => (await json(join(folder, "index.json"))) as unknown as IndexDocument;

const blobPath = (folder: string, digest: string): string => join(folder, "blobs/sha256", digest.slice(7));

test("a version is an OCI artifact: layout, index, manifest and blobs fit together", async () => {
  const folder = temporaryFolder();
  const artifacts = await openArtifacts(folder);
  const stored = await artifacts.putVersion(hello);

  expect(await json(join(folder, "oci-layout"))).toEqual({ imageLayoutVersion: "1.0.0" });
  const [entry] = (await index(folder)).manifests;
  expect(entry).toMatchObject({
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    digest: stored.version,
    annotations: { "org.opencontainers.image.ref.name": `hello:${shortVersion(stored.version)}` },
  });
  const manifest = await json(blobPath(folder, stored.version));
  expect(manifest).toMatchObject({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    artifactType: "application/vnd.zygo.function.v1",
    config: { mediaType: "application/vnd.zygo.function.config.v1+json" },
    layers: [
      { mediaType: "application/vnd.oci.image.layer.v1.tar", digest: stored.layer },
      { mediaType: "application/vnd.zygo.function.source-map.v1+json", digest: stored.sourceMap },
    ],
  });
  const { config, layers } = manifest as { config: { digest: string; size: number }; layers: { digest: string; size: number }[] };
  for (const part of [config, ...layers, { digest: stored.version, size: entry?.size }]) {
    const bytes = await readFile(blobPath(folder, part.digest));
    expect([digestOf(bytes), bytes.length]).toEqual([part.digest, part.size]);
  }
  expect(await artifacts.resolve(`hello:${shortVersion(stored.version)}`)).toBe(stored.version);
  expect(await artifacts.resolve("hello:none")).toBeNull();
});

test("the same content is the same version, in any store, however its config is written", async () => {
  const first = await (await openArtifacts(temporaryFolder())).putVersion(hello);
  const artifacts = await openArtifacts(temporaryFolder());
  expect(await artifacts.putVersion({ ...hello, config: { env: "x", overrides: { memoryMb: 64 } } })).toEqual(first);
  for (const other of [
    { config: { env: "y" } },
    { name: "other" },
    { sourceMap: null },
    { format: "esm" as const },
    { bundle: Buffer.from("2") },
  ]) {
    expect((await artifacts.putVersion({ ...hello, ...other })).version).not.toBe(first.version);
  }
});

test("putting a version again adds no file and no tag", async () => {
  const folder = temporaryFolder();
  const artifacts = await openArtifacts(folder);
  await artifacts.putVersion(hello);
  const files = await readdir(folder, { recursive: true });
  await artifacts.putVersion(hello);
  expect((await readdir(folder, { recursive: true })).sort()).toEqual(files.sort());
  expect((await index(folder)).manifests).toHaveLength(1);
});

test("concurrent writers of one process keep each other's tags", async () => {
  const folder = temporaryFolder();
  const [one, two] = await Promise.all([openArtifacts(folder), openArtifacts(folder)]);
  const names = Array.from({ length: 24 }, (_, number) => `f${number}`);
  await Promise.all(names.map((name, at) => (at % 2 === 0 ? one : two).putVersion({ ...hello, name })));
  const tags = (await index(folder)).manifests.map((entry) => entry.annotations["org.opencontainers.image.ref.name"]?.split(":")[0]);
  expect(tags.sort()).toEqual(names.sort());
});

const writer = (folder: string, name: string, count: number): ReturnType<typeof spawn> =>
  spawn(process.execPath, [join(import.meta.dirname, "put-versions.ts"), folder, name, String(count)], {
    stdio: ["ignore", "pipe", "inherit"],
  });

test("concurrent writers of several processes keep each other's tags", async () => {
  const folder = temporaryFolder();
  const writers = ["a", "b", "c"].map((name) => writer(folder, name, 15));
  const codes = await Promise.all(writers.map(async (child) => (await once(child, "exit"))[0] as unknown));
  expect(codes).toEqual([0, 0, 0]);
  expect((await index(folder)).manifests).toHaveLength(45);
  expect((await readdir(folder)).sort()).toEqual(["blobs", "index.json", "oci-layout"]);
});

test("a writer killed at any moment leaves a store that is whole and usable", async () => {
  const folder = temporaryFolder();
  for (let round = 0; round < 6; round++) {
    const child = writer(folder, `k${round}`, 1000);
    if (child.stdout !== null) await once(child.stdout, "data");
    await sleep(round * 7);
    child.kill("SIGKILL");
    await once(child, "exit");
  }
  const old = new Date(Date.now() - 20_000);
  await utimes(join(folder, "index.json.lock"), old, old).catch(() => {});
  const artifacts = await openArtifacts(folder);
  const stored = await artifacts.putVersion(hello);
  const { manifests } = await index(folder);
  expect(manifests.map((entry) => entry.digest)).toContain(stored.version);
  for (const { digest } of manifests) {
    const manifest = JSON.parse((await artifacts.getBlob(digest, { limit: 10_000 })).toString()) as { layers: { digest: string }[] };
    for (const layer of manifest.layers) await artifacts.getBlob(layer.digest, { limit: 10_000 });
  }
});

test("what a killed writer left is removed later, what a live one is writing is not", async () => {
  const folder = temporaryFolder();
  await openArtifacts(folder);
  const left = join(folder, "blobs/sha256/.tmp-left");
  await writeFile(left, "");
  await writeFile(`${left}-fresh`, "");
  const old = new Date(Date.now() - 2 * 3_600_000);
  await utimes(left, old, old);
  await openArtifacts(folder);
  expect(await readdir(join(folder, "blobs/sha256"))).toEqual([".tmp-left-fresh"]);
});

test("a damaged index is told, not replaced", async () => {
  const folder = temporaryFolder();
  const artifacts = await openArtifacts(folder);
  await writeFile(join(folder, "index.json"), "{");
  await expect(artifacts.putVersion(hello)).rejects.toMatchObject({ code: "INTERNAL" });
  expect(await readFile(join(folder, "index.json"), "utf8")).toBe("{");
});

test("the store is its owner's alone", async () => {
  const folder = join(temporaryFolder(), "artifacts");
  await openArtifacts(folder);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
});
