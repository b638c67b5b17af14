import type { FunctionRecord, VersionRecord } from "@zygo/contracts";
import { expect, test } from "vitest";
import { resolveVersion } from "./resolve-version.ts";

const digest = (start: string): string => `sha256:${start.padEnd(64, "0")}`;
const versions = ["aaaaaa1", "aaaaaa2", "bbbbbb"].map((start) => ({ version: digest(start) }) as VersionRecord);
const record: FunctionRecord = { name: "hello", createdMs: 0, updatedMs: 0, aliases: { live: digest("bbbbbb"), beta: digest("aaaaaa1") } };

test.each([
  ["live", "bbbbbb"],
  ["beta", "aaaaaa1"],
  [digest("aaaaaa2"), "aaaaaa2"],
  ["aaaaaa2", "aaaaaa2"],
  ["bbbbbb", "bbbbbb"],
])("%s is found", (wanted, start) => {
  expect(resolveVersion(wanted, record, versions)).toBe(digest(start));
});

test("digits that fit two versions are refused", () => {
  expect(() => resolveVersion("aaaaaa", record, versions)).toThrow(expect.objectContaining({ code: "INVALID_REQUEST" }));
});

test.each(["cccccc", digest("cccccc"), "gamma", "constructor", "sha256:"])("%s is not found", (wanted) => {
  expect(() => resolveVersion(wanted, record, [])).toThrow(expect.objectContaining({ code: "VERSION_NOT_FOUND" }));
});
