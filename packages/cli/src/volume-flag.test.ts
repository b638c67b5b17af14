import { expect, test } from "vitest";
import { readVolume } from "./volume-flag.ts";

test("a volume, its path, and whether it is read-only", () => {
  expect(readVolume("data:/data")).toEqual({ name: "data", path: "/data" });
  expect(readVolume("data:/srv/data:ro")).toEqual({ name: "data", path: "/srv/data", readOnly: true });
  expect(readVolume("data:/data:rw")).toEqual({ name: "data", path: "/data" });
});

test.each(["data", "data:", "data:relative", "data:/a:rx", ":/data"])("'%s' is refused", (text) => {
  expect(() => readVolume(text)).toThrow("name:/path");
});
