import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "..", "..");

/** Runs the test files whose path holds one of these, with more variables; this process then ends as vitest did. */
export async function runTests(files: readonly string[], variables: Record<string, string>): Promise<void> {
  const vitest = join(ROOT, "node_modules", "vitest", "vitest.mjs");
  const run = spawn(process.execPath, [vitest, "run", ...files], { cwd: ROOT, stdio: "inherit", env: { ...process.env, ...variables } });
  const [code] = (await once(run, "close")) as [number | null];
  process.exitCode = code ?? 1;
}
