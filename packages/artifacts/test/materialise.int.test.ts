import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { materialise, openArtifacts, type Artifacts, type StoredVersion } from "../src/index.ts";
import { temporaryFolder } from "./folder.ts";

interface Fixture {
  artifacts: Artifacts;
  stored: StoredVersion;
  /** Arguments of materialise. */
  places: { artifacts: string; layers: string };
}

async function fixture(format: "cjs" | "esm" = "cjs"): Promise<Fixture> {
  const root = temporaryFolder();
  const places = { artifacts: join(root, "artifacts"), layers: join(root, "layers") };
  const artifacts = await openArtifacts(places.artifacts);
  const content = { name: "hello", bundle: Buffer.from("exports.a = 1"), sourceMap: Buffer.from('{"version":3}'), format, config: {} };
  return { artifacts, places, stored: await artifacts.putVersion(content) };
}

test("unpacks bundle and source map for any reader, whatever the umask", async () => {
  const { places, stored } = await fixture();
  const before = process.umask(0o077);
  const directory = await materialise({ ...places, ...stored }).finally(() => process.umask(before));
  expect(basename(directory)).toMatch(/^[0-9a-f]{64}$/);
  expect((await readdir(directory, { recursive: true })).sort()).toEqual(["app", "app/main.cjs", "app/main.cjs.map"]);
  expect(await readFile(join(directory, "app/main.cjs"), "utf8")).toBe("exports.a = 1");
  expect(await readFile(join(directory, "app/main.cjs.map"), "utf8")).toBe('{"version":3}');
  const modes = ["", "app", "app/main.cjs", "app/main.cjs.map"].map(async (path) => (await stat(join(directory, path))).mode & 0o777);
  expect(await Promise.all(modes)).toEqual([0o755, 0o755, 0o644, 0o644]);
});

test("an ES module keeps its ending", async () => {
  const { places, stored } = await fixture("esm");
  const directory = await materialise({ ...places, ...stored });
  expect((await readdir(join(directory, "app"))).sort()).toEqual(["main.mjs", "main.mjs.map"]);
});

test("with and without a source map are two directories", async () => {
  const { places, stored } = await fixture();
  const plain = await materialise({ ...places, layer: stored.layer, sourceMap: null });
  expect(basename(plain)).toBe(stored.layer.slice(7));
  expect(await readdir(join(plain, "app"))).toEqual(["main.cjs"]);
  expect(await materialise({ ...places, ...stored })).not.toBe(plain);
});

test("many at a time get one directory, and nothing else is left", async () => {
  const { places, stored } = await fixture();
  const directories = await Promise.all(Array.from({ length: 20 }, () => materialise({ ...places, ...stored })));
  expect(new Set(directories).size).toBe(1);
  expect(await readdir(places.layers)).toEqual([basename(directories[0] ?? "")]);
  expect(await readFile(join(directories[0] ?? "", "app/main.cjs"), "utf8")).toBe("exports.a = 1");
});

test("what is there is not unpacked again", async () => {
  const { places, stored } = await fixture();
  const directory = await materialise({ ...places, ...stored });
  const before = (await stat(join(directory, "app/main.cjs"))).ino;
  await materialise({ ...places, ...stored });
  expect((await stat(join(directory, "app/main.cjs"))).ino).toBe(before);
});

test.each(["layer", "sourceMap"] as const)("a damaged or missing %s gives INTERNAL and no directory", async (part) => {
  const { places, stored } = await fixture();
  const path = join(places.artifacts, "blobs/sha256", stored[part]?.slice(7) ?? "");
  const content = await readFile(path);
  content[content.length - 1] = 1;
  await writeFile(path, content);
  await expect(materialise({ ...places, ...stored })).rejects.toMatchObject({ code: "INTERNAL" });
  await expect(materialise({ ...places, ...stored, [part]: `sha256:${"0".repeat(64)}` })).rejects.toMatchObject({ code: "INTERNAL" });
  expect(await readdir(places.layers)).toEqual([]);
});
