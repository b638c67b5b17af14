/**
 * `npm run test:sanitize`: builds the native programs with AddressSanitizer and UndefinedBehaviorSanitizer, and runs the tests of the jail on them:
 * the launcher whole, and src/jail/build in its clones. Not covered: the add-ons, since Node is not built that way (they share src/sys with the
 * launcher), and fn-jail, which bounds its address space below what AddressSanitizer reserves.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT, runTests } from "./run-tests.ts";

const BUILD = join(ROOT, "native", "build", "sanitized");
const FLAGS = "-fsanitize=address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=undefined";
const TESTS = ["packages/sandbox/test/failures", "lifecycle", "isolation", "launcher.fuzz", "limits"];
const BUILD_MS = 600_000;

const headers = (name: string): string => join(ROOT, "node_modules", name);
const variables = [`NODE_API_INCLUDE=${headers("node-api-headers/include")}`, `NODE_ADDON_INCLUDE=${headers("node-addon-api")}`];
const programs = ["launcher", "init"].map((name) => `build/sanitized/bin/${name}`);
const make = [
  "-C",
  join(ROOT, "native"),
  "-j2",
  "OUT=build/sanitized",
  `SANITIZE=${FLAGS}`,
  `NODE=${process.execPath}`,
  ...variables,
  ...programs,
];
execFileSync("make", make, { stdio: ["ignore", "ignore", "inherit"], timeout: BUILD_MS });

const reports = mkdtempSync(join(tmpdir(), "fn-sanitize-"));
const log = `log_path=${join(reports, "report")}`;
// The leak checker stops all threads of its process, which pid 1 of a namespace cannot have done to it: it would wait for ever.
await runTests(TESTS, {
  FN_TEST_NATIVE: BUILD,
  ASAN_OPTIONS: `detect_leaks=0:${log}`,
  UBSAN_OPTIONS: `print_stacktrace=1:${log}`,
});
for (const file of readdirSync(reports)) {
  process.exitCode = 1;
  console.error(readFileSync(join(reports, file), "utf8"));
}
rmSync(reports, { recursive: true });
