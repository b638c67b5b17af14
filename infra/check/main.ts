/**
 * `npm run check`: format, lint, types, allowed imports and cycles, unused code, file length, C++ format. turbo runs them side by side
 * and remembers what passed, so that only checks whose files changed are run again.
 */
import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { readFileSync } from "node:fs";
import { readSummary, type CheckResult } from "./turbo-summary.ts";

const ROOT = join(import.meta.dirname, "..", "..");

/** The `check:*` scripts of package.json, slowest first. */
const CHECKS = ["lint", "types", "format", "boundaries", "unused", "cpp", "length"].map((name) => `check:${name}`);

const DEADLINE_MS = 600_000;

async function main(): Promise<void> {
  const output = await runTurbo();
  const results = readSummary(ROOT);
  if (results === undefined) throw new Error(`turbo left no summary:\n${output}`);
  for (const name of CHECKS) report(name, results.get(name));
}

/** Resolves with what turbo printed, when it has ended, whatever its exit code: the summary says which checks failed. */
async function runTurbo(): Promise<string> {
  const flags = [
    "--continue=always",
    "--output-logs=none",
    "--ui=stream",
    "--summarize",
    `--concurrency=${Math.max(2, availableParallelism())}`,
  ];
  const turbo = spawn(join(ROOT, "node_modules", ".bin", "turbo"), ["run", ...CHECKS, ...flags], {
    cwd: ROOT,
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" },
    stdio: ["ignore", "pipe", "pipe"],
    signal: AbortSignal.timeout(DEADLINE_MS),
  });
  let output = "";
  for (const stream of [turbo.stdout, turbo.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  await new Promise((resolve, reject) => turbo.once("error", reject).once("close", resolve));
  return output;
}

function report(name: string, result: CheckResult | undefined): void {
  const passed = result?.exitCode === 0;
  const time = result === undefined ? "did not run" : result.cached ? "unchanged" : `${(result.durationMs / 1000).toFixed(1)} s`;
  console.log(`${passed ? "✓" : "✗"} ${name.replace("check:", "")} ${time}`);
  if (passed) return;
  process.exitCode = 1;
  if (result !== undefined) console.log(readFileSync(join(ROOT, result.logFile), "utf8"));
}

await main();
