/** C++ is formatted as native/.clang-format says. Where clang-format is not installed this is not checked, and says so. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { sourceFiles } from "./source-files.ts";

const files = sourceFiles("native/*.cc", "native/*.h").filter((file) => existsSync(file));
if (files.length > 0) {
  const { status, error } = spawnSync("clang-format", ["--dry-run", "-Werror", ...files], { stdio: "inherit", timeout: 60_000 });
  if (error === undefined) process.exitCode = status ?? 1;
  else console.log(`not checked: clang-format is not installed (${error.message})`);
}
