// Usage: node infra/setup/test.mjs [vitest argument …]
// Sets up, runs `npm run check`, then all tests. Files with a failed test run once more, alone: a test that passes then depends on what else
// the machine does; it is named as unsteady, and counts as passed. The last line counts the tests, and the check as one of them.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { BUILD, NODE_MODULES, ROOT } from "./paths.mjs";
import { runPinned } from "./pinned-run.mjs";
import { setUp } from "./set-up.mjs";
import { readReport, withStatus } from "./test-report.mjs";

const REPORT = join(BUILD, "test-results.json");
/** More failed files than these are no matter of chance. */
const MOST_UNSTEADY_FILES = 5;

/** @param {string[]} args */
async function vitest(args) {
  rmSync(REPORT, { force: true });
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${REPORT}`];
  const code = await runPinned([join(NODE_MODULES, "vitest", "vitest.mjs"), "run", ...reporters, ...args]);
  return { code, ...readReport(REPORT) };
}

process.chdir(ROOT);
await setUp();
const checkCode = await runPinned([join(ROOT, "infra", "check", "main.ts")]);
let { code, statuses, failedFiles } = await vitest(process.argv.slice(2));

const failedAtFirst = withStatus(statuses, "failed");
if (failedAtFirst.length > 0 && failedFiles.length <= MOST_UNSTEADY_FILES) {
  console.log(`\nonce more, alone: ${failedFiles.join(" ")}\n`);
  const again = await vitest(failedFiles);
  code = again.code;
  for (const [name, status] of again.statuses) if (status !== "skipped" && status !== "pending") statuses.set(name, status);
}

const failedTests = withStatus(statuses, "failed");
// vitest can fail without a failed test: a file that does not load, an error outside every test, no test at all.
const outside = code !== 0 && failedTests.length === 0 ? 1 : 0;
const passed = withStatus(statuses, "passed").length;
const skipped = statuses.size - passed - failedTests.length;
const unsteady = failedAtFirst.filter((name) => !failedTests.includes(name));
if (unsteady.length > 0) console.log(`unsteady (failed among the others, passed alone):\n  ${unsteady.join("\n  ")}`);
const check = checkCode === 0;
const failed = failedTests.length + outside + (check ? 0 : 1);
console.log(`${passed + (check ? 1 : 0)} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exitCode = failed === 0 ? 0 : 1;
