// Usage: node infra/setup/test.mjs [vitest argument …]
// Sets up, runs `npm run check`, then all tests. The last line counts the tests, and the check as one of them.
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { BUILD, NODE_MODULES, ROOT } from "./paths.mjs";
import { runPinned } from "./pinned-run.mjs";
import { setUp } from "./set-up.mjs";

const RESULTS = join(BUILD, "test-results.json");

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/** @returns {Counts} what vitest's JSON report says; all zero when it wrote none */
function readCounts() {
  try {
    const report = JSON.parse(readFileSync(RESULTS, "utf8"));
    const skipped = report.numPendingTests + report.numTodoTests;
    return { passed: report.numPassedTests, failed: report.numFailedTests, skipped };
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
}

process.chdir(ROOT);
await setUp();
const checkCode = await runPinned([join(ROOT, "infra", "check", "main.ts")]);
rmSync(RESULTS, { force: true });
const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${RESULTS}`];
const testCode = await runPinned([join(NODE_MODULES, "vitest", "vitest.mjs"), "run", ...reporters, ...process.argv.slice(2)]);

const { passed, failed, skipped } = readCounts();
// vitest can fail without a failed test: a file that does not load, an error outside every test, no test at all.
const outside = testCode !== 0 && failed === 0 ? 1 : 0;
const total = { passed: passed + (checkCode === 0 ? 1 : 0), failed: failed + outside + (checkCode === 0 ? 0 : 1) };
console.log(`${total.passed} passed, ${total.failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exitCode = total.failed === 0 ? 0 : 1;
