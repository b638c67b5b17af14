import { mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execFileSync } from "node:child_process";
import { MAX_BUNDLE_BYTES } from "@zygo/contracts";
import { pack, type Header } from "tar-stream";
import { expect, test } from "vitest";
import { materialise, openArtifacts } from "../src/index.ts";
import { temporaryFolder } from "./folder.ts";

type HostileEntry = Partial<Omit<Header, "name">> & { name: string; content?: string };

async function tarOf(entries: HostileEntry[]): Promise<Buffer> {
  const tar = pack();
  for (const { content, ...header } of entries) tar.entry({ mtime: new Date(0), ...header }, content ?? "");
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** What materialising this archive throws; also checks that it left nothing behind, inside or outside. */
async function unpacking(tar: Buffer): Promise<{ code?: string; message?: string } | undefined> {
  const root = temporaryFolder();
  const artifacts = await openArtifacts(join(root, "artifacts"));
  const { digest } = await artifacts.putBlob(tar);
  const wanted = { artifacts: join(root, "artifacts"), layers: join(root, "layers"), layer: digest, sourceMap: null };
  const error: unknown = await materialise(wanted).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error !== undefined) expect(await readdir(join(root, "layers"))).toEqual([]);
  expect((await readdir(root)).sort()).toEqual(["artifacts", "layers"]);
  return error as { code?: string } | undefined;
}

const good: HostileEntry = { name: "app/main.cjs", content: "1" };

test("the same archive without the hostile entry unpacks", async () => {
  expect(await unpacking(await tarOf([good]))).toBeUndefined();
});

test.each<[string, HostileEntry[]]>([
  ["an absolute path", [{ name: "/etc/zygo-escape", content: "x" }]],
  ["a path upwards", [{ name: "../escape", content: "x" }]],
  ["a path upwards inside", [{ name: "app/../../escape", content: "x" }]],
  ["a file beside app", [{ name: "escape", content: "x" }]],
  ["a symbolic link", [{ name: "app/link", type: "symlink", linkname: "/etc/passwd" }]],
  [
    "a symbolic link and a file through it",
    [
      { name: "app/d", type: "symlink", linkname: "../.." },
      { name: "app/d/escape", content: "x" },
    ],
  ],
  ["a hard link", [{ name: "app/link", type: "link", linkname: "/etc/passwd" }]],
  ["a device", [{ name: "app/null", type: "character-device", devmajor: 1, devminor: 3 }]],
  ["a block device", [{ name: "app/sda", type: "block-device", devmajor: 8, devminor: 0 }]],
  ["a named pipe", [{ name: "app/pipe", type: "fifo" }]],
  ["a file twice", [{ name: "app/main.cjs", content: "2" }]],
  ["a file in the place of a directory", [{ name: "app/main.cjs/x", content: "2" }]],
  ["a directory in the place of a file", [{ name: "app/main.cjs", type: "directory" }]],
  ["more files than allowed", Array.from({ length: 4200 }, (_, number) => ({ name: `app/${number}`, content: "" }))],
])("%s is refused", async (_, entries) => {
  expect(await unpacking(await tarOf([good, ...entries]))).toMatchObject({ code: "INVALID_BUNDLE" });
});

test("a long path in a pax header is judged as well", async () => {
  expect(await unpacking(await tarOf([good, { name: `app/${"d/".repeat(80)}../../escape`, content: "x" }]))).toMatchObject({
    code: "INVALID_BUNDLE",
  });
});

test("an entry that claims more than is allowed is refused at its header", async () => {
  const tar = pack();
  const claimed = tar.entry({ name: "app/bomb", size: MAX_BUNDLE_BYTES + 1, mtime: new Date(0) });
  claimed.write(Buffer.alloc(512));
  const header = (await tar[Symbol.asyncIterator]().next()).value as Buffer;
  expect(await unpacking(Buffer.concat([header, Buffer.alloc(4096)]))).toMatchObject({ code: "INVALID_BUNDLE" });
});

test("many entries that are too much together are refused", async () => {
  const folder = temporaryFolder();
  await mkdir(join(folder, "app"));
  for (const name of ["a", "b"]) await writeFile(join(folder, "app", name), Buffer.alloc(MAX_BUNDLE_BYTES / 2 + 1));
  const tar = execFileSync("tar", ["-c", "-C", folder, "app"], { maxBuffer: 2 * MAX_BUNDLE_BYTES });
  expect(await unpacking(tar)).toMatchObject({ code: "INVALID_BUNDLE" });
});

test("a link as GNU tar writes it is refused", async () => {
  const folder = temporaryFolder();
  await mkdir(join(folder, "app"));
  await symlink("/etc/passwd", join(folder, "app/link"));
  expect(await unpacking(execFileSync("tar", ["-c", "-C", folder, "app"]))).toMatchObject({ code: "INVALID_BUNDLE" });
});

test.each([
  ["bytes that are no tar", Buffer.alloc(4096, "x")],
  ["half a header", Buffer.from("app/main.cjs")],
])("%s are refused", async (_, bytes) => {
  expect(await unpacking(bytes)).toMatchObject({ code: "INVALID_BUNDLE" });
});

test("an archive that ends inside a file is refused", async () => {
  const tar = await tarOf([{ name: "app/main.cjs", content: "x".repeat(5000) }]);
  expect(await unpacking(tar.subarray(0, 2048))).toMatchObject({ code: "INVALID_BUNDLE" });
});

test("a source map may not replace a file of the layer", async () => {
  const root = temporaryFolder();
  const places = { artifacts: join(root, "artifacts"), layers: join(root, "layers") };
  const artifacts = await openArtifacts(places.artifacts);
  const layer = (await artifacts.putBlob(await tarOf([good, { name: "app/main.cjs.map", content: "own" }]))).digest;
  const sourceMap = (await artifacts.putBlob(Buffer.from("{}"))).digest;
  await expect(materialise({ ...places, layer, sourceMap })).rejects.toMatchObject({ code: "INVALID_BUNDLE" });
});
