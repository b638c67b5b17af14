import { expect, test } from "vitest";
import { bearerKey, hashOfKey, idOfKey, makeApiKey } from "./api-key.ts";

test("a key names its id, and no two are equal", () => {
  const made = Array.from({ length: 200 }, makeApiKey);
  for (const { id, key } of made) expect(idOfKey(key)).toBe(id);
  expect(new Set(made.map(({ key }) => key)).size).toBe(200);
  expect(new Set(made.map(({ key }) => hashOfKey(key))).size).toBe(200);
});

test("any one letter changed is seen by the checksum", () => {
  const { key } = makeApiKey();
  for (let at = 3; at < key.length; at++) {
    const other = key[at] === "a" ? "b" : "a";
    expect(idOfKey(key.slice(0, at) + other + key.slice(at + 1)), `letter ${at}`).toBeNull();
  }
});

test.each(["", "zk_", "fn_abc", `${makeApiKey().key}a`, makeApiKey().key.slice(1), makeApiKey().key.toUpperCase()])("%j is none", (key) => {
  expect(idOfKey(key)).toBeNull();
});

test("a header holds a key, or it does not", () => {
  expect(bearerKey("Bearer abc")).toBe("abc");
  expect(bearerKey("bearer  abc ")).toBe("abc");
  for (const header of [undefined, "", "Bearer", "Basic abc", "abc", "Bearer a b", `Bearer ${"x".repeat(600)}`])
    expect(bearerKey(header), String(header)).toBeNull();
});
