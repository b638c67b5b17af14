import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { PolicyError } from "../src/seccomp/policy.ts";
import { compilePrograms, writePrograms } from "../src/seccomp/write-programs.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "seccomp-programs-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

it("writes all programs, raw, into a directory that it makes", () => {
  const below = join(dir, "made", "here");
  const paths = writePrograms(below);
  const programs = compilePrograms();
  expect(readFileSync(paths.instance)).toEqual(Buffer.from(programs.instance));
  expect(readFileSync(paths.zygote)).toEqual(Buffer.from(programs.zygote));
  expect(readdirSync(below)).toHaveLength(3);
});

it("leaves a program alone that is there already", () => {
  const first = writePrograms(dir);
  const { ino } = statSync(first.instance);
  expect(writePrograms(dir)).toEqual(first);
  expect(statSync(first.instance).ino).toBe(ino);
});

it("replaces a file that has the name but not the bytes", () => {
  const { instance } = writePrograms(dir);
  chmodSync(instance, 0o600);
  writeFileSync(instance, "not a filter");
  writePrograms(dir);
  expect(readFileSync(instance)).toEqual(Buffer.from(compilePrograms().instance));
});

it("gives an operator's denials a program of their own, the zygote keeps its own", () => {
  const plain = writePrograms(dir);
  const strict = writePrograms(dir, { denials: ["splice"] });
  expect(strict.instance).not.toBe(plain.instance);
  expect(strict.zygote).toBe(plain.zygote);
  expect(() => writePrograms(dir, { denials: ["spilce"] })).toThrow(PolicyError);
});
