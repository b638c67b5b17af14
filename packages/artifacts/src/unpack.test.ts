import type { Header } from "tar-stream";
import { expect, test } from "vitest";
import { checkedName } from "./unpack.ts";

const entry = (name: string, type: Header["type"] = "file", size = 0): Pick<Header, "name" | "type" | "size"> => ({ name, type, size });

test.each([
  [entry("app/main.cjs"), "app/main.cjs"],
  [entry("app/", "directory"), "app"],
  [entry("app/a/b..c/.hidden"), "app/a/b..c/.hidden"],
])("%o is taken", (header, path) => {
  expect(checkedName(header)).toBe(path);
});

test.each([
  entry("/app/main.cjs"),
  entry("../app/main.cjs"),
  entry("app/../../etc/passwd"),
  entry("app/.."),
  entry("app/./main.cjs"),
  entry("app//main.cjs"),
  entry("app/main.cjs/"),
  entry("./app/main.cjs"),
  entry("application/main.cjs"),
  entry("etc/passwd"),
  entry("app"),
  entry(""),
  entry("app/a\0b"),
  entry("app/a\nb"),
  entry("app\\..\\x"),
  entry(`app/${"a".repeat(600)}`),
  entry("app/", "directory", 512),
  entry("app/x", "symlink"),
  entry("app/x", "link"),
  entry("app/x", "character-device"),
  entry("app/x", "block-device"),
  entry("app/x", "fifo"),
  entry("app/x", "contiguous-file"),
])("%o is refused", (header) => {
  expect(() => checkedName(header)).toThrow(expect.objectContaining({ code: "INVALID_BUNDLE" }));
});
