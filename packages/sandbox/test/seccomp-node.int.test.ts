/** Node itself, and what a function may do with it, under the instance policy. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RUNTIMES } from "@zygo/contracts/names";
import { hostArch } from "../src/seccomp/syscalls.ts";
import { writePrograms } from "../src/seccomp/write-programs.ts";
import { buildProbe } from "./seccomp/probe.ts";

const WORK = fileURLToPath(new URL("seccomp/node-work.mjs", import.meta.url));
const MODULES = fileURLToPath(new URL("../../../node_modules/", import.meta.url));
const CASES = RUNTIMES.flatMap((runtime) => [[], ["--single-threaded"]].map((flags) => ({ runtime, flags })));
const DEADLINE_MS = 50_000;

let dir: string;
let programs: ReturnType<typeof writePrograms>;
let probe: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "seccomp-node-"));
  programs = writePrograms(dir);
  probe = buildProbe(dir);
});
afterAll(() => rmSync(dir, { recursive: true }));

/** Runs node under both programs, as an instance has them. */
function runNode(runtime: string, args: string[], { skip }: { skip: (reason: string) => never }): { stdout: string; stderr: string } {
  const node = join(MODULES, `${runtime}-${hostArch()}`, "bin", "node");
  if (!existsSync(node)) skip(`${runtime} is not installed`);
  const command = ["exec", programs.zygote, programs.instance, "--", node, ...args];
  const { stdout, stderr, status, signal } = spawnSync(probe, command, { encoding: "utf8", timeout: DEADLINE_MS });
  expect({ status, signal, stderr }).toMatchObject({ status: 0, signal: null });
  return { stdout, stderr };
}

describe.each(CASES)("$runtime $flags under instance.json", ({ runtime, flags }) => {
  it("does all that a function may do", (context) => {
    const { stdout } = runNode(runtime, [...flags, WORK], context);
    const results = JSON.parse(stdout) as Record<string, string>;
    expect(Object.entries(results).filter(([, result]) => result !== "ok")).toEqual([]);
    expect(Object.keys(results).length).toBeGreaterThan(20);
  });

  it("has the filter on every thread and in every child", (context) => {
    const read = `require("fs").readFileSync("/proc/thread-self/status", "utf8").match(/Seccomp:\\s+(\\d)/)[1]`;
    const script = `
      console.log("main", ${read});
      console.log("child", require("child_process").execFileSync(process.execPath, ["-p", ${JSON.stringify(read)}], { encoding: "utf8" }).trim());
      new (require("worker_threads").Worker)(${JSON.stringify(`console.log("worker", ${read})`)}, { eval: true });
    `;
    const { stdout } = runNode(runtime, [...flags, "-e", script], context);
    expect(stdout.trim().split("\n").sort()).toEqual(["child 2", "main 2", "worker 2"]);
  });
});
