/** No file grows past what one can hold in the head: more than MAX_LINES lines is a fault. */
import { existsSync, readFileSync } from "node:fs";
import { sourceFiles } from "./source-files.ts";

const MAX_LINES = 400;

const tooLong = sourceFiles("*.ts", "*.mjs", "*.cc", "*.h", "*.lua")
  .filter((file) => existsSync(file))
  .map((file) => ({ file, lines: readFileSync(file, "utf8").split("\n").length - 1 }))
  .filter(({ lines }) => lines > MAX_LINES);

for (const { file, lines } of tooLong) console.log(`${file}: ${lines} lines, at most ${MAX_LINES} are allowed: find the seam and split it`);
process.exitCode = tooLong.length === 0 ? 0 : 1;
