import { expect, test } from "vitest";
import { VolumeMounts, VolumeName, VolumePath } from "./volumes.ts";

test.each(["/data", "/srv/shop/data", "/mnt/a.b", "/etcetera"])("%s is a path for a volume", (path) => {
  expect(VolumePath.safeParse(path).success).toBe(true);
});

test.each([
  "/",
  "data",
  "/app",
  "/app/x",
  "/proc",
  "/tmp",
  "/usr/local",
  "/data/",
  "//data",
  "/data/../etc",
  "/./data",
  "/.x",
  "/dev/shm",
  "/a b",
])("%s is none", (path) => {
  expect(VolumePath.safeParse(path).success).toBe(false);
});

test.each(["../x", "a/b", ".", "A", "", "a.img"])("'%s' is no name of a volume", (name) => {
  expect(VolumeName.safeParse(name).success).toBe(false);
});

test("neither names nor paths meet", () => {
  const valid = (...mounts: [string, string][]): boolean => VolumeMounts.safeParse(mounts.map(([name, path]) => ({ name, path }))).success;
  expect(valid(["a", "/a"], ["b", "/ab"])).toBe(true);
  expect(valid(["a", "/a"], ["a", "/b"])).toBe(false);
  expect(valid(["a", "/a"], ["b", "/a"])).toBe(false);
  expect(valid(["a", "/a/b"], ["b", "/a"])).toBe(false);
});
