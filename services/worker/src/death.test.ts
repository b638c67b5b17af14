import { expect, test } from "vitest";
import { classifyDeath, learnCause } from "./death.ts";

const usage = (oomKilled: boolean) => ({
  oomKilled,
  memoryBytes: 1,
  memoryPeakBytes: 128 * 2 ** 20 - 7,
  cpuMs: 1,
  throttledMs: 0,
  pids: 1,
  diskReadBytes: 0,
  diskWriteBytes: 0,
  netRxBytes: 0,
  netTxBytes: 0,
});

test("the kernel's kill for memory is told as such, with limit and peak", () =>
  expect(classifyDeath({ code: null, signal: "KILL" }, usage(true), 128)).toEqual({
    code: "FUNCTION_OOM",
    detail: "The function exceeded its memory limit of 128 MiB (peak: 128 MiB).",
  }));
test("another kill names its signal", () =>
  expect(classifyDeath({ code: null, signal: "KILL" }, usage(false), 128)).toMatchObject({
    code: "FUNCTION_CRASHED",
    detail: expect.stringContaining("SIGKILL"),
  }));
test("an exit names its code", () =>
  expect(classifyDeath({ code: 3, signal: null }, undefined, 128)).toMatchObject({
    code: "FUNCTION_EXITED",
    detail: expect.stringContaining("code 3"),
  }));
test("a closed channel of a live process is a crash", () =>
  expect(classifyDeath(undefined, usage(false), 128).code).toBe("FUNCTION_CRASHED"));

test("a plain exit costs no look at the cgroup", async () => {
  const cause = learnCause({ exited: Promise.resolve({ code: 0, signal: null }), usage: () => Promise.reject(new Error("asked")) });
  expect(await cause).toEqual([{ code: 0, signal: null }, undefined]);
});
test("usage that cannot be read leaves the rest known", async () => {
  const cause = learnCause({ exited: Promise.resolve({ code: null, signal: "KILL" }), usage: () => Promise.reject(new Error("gone")) });
  expect(await cause).toEqual([{ code: null, signal: "KILL" }, undefined]);
});
