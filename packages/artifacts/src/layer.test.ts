import { expect, test } from "vitest";
import { digestOf } from "./digest.ts";
import { buildLayer } from "./layer.ts";

test("the same bundle is the same layer, and this one for ever", async () => {
  const layer = await buildLayer(Buffer.from("module.exports = 1"), "cjs");
  expect(await buildLayer(Buffer.from("module.exports = 1"), "cjs")).toEqual(layer);
  // A change here makes every redeploy a new version: do it knowingly.
  expect(digestOf(layer)).toBe("sha256:15a511a3533c7033db83886c243d02952e3da5bcb79b4a069b19cb89f0cd60a4");
});

test("format and content tell layers apart", async () => {
  const [cjs, esm, other] = await Promise.all([
    buildLayer(Buffer.from("1"), "cjs"),
    buildLayer(Buffer.from("1"), "esm"),
    buildLayer(Buffer.from("2"), "cjs"),
  ]);
  expect(new Set([cjs, esm, other].map((layer) => digestOf(layer ?? ""))).size).toBe(3);
});

test("a view into a larger buffer packs that view alone", async () => {
  const large = Buffer.from("XXhelloXX");
  expect(await buildLayer(new Uint8Array(large.buffer, large.byteOffset + 2, 5), "cjs")).toEqual(
    await buildLayer(Buffer.from("hello"), "cjs"),
  );
});
