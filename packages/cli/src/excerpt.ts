import { isAbsolute, relative } from "node:path";
import type { BundleMessage } from "@zygo/bundle";

/** A complaint and its place in a source file. */
export type Place = BundleMessage;

const WIDEST = 120;

/**
 * The complaint, its line, and a caret under what it is about:
 *
 *   src/api.ts:3:8: Could not resolve "hono"
 *     3 │ import hono from "hono"
 *       ╵                  ~~~~~~
 */
export function showPlace({ file, line, column, length, text, lineText, hint }: Place): string {
  const lines = [showPosition(file, line, column) + text];
  if (lineText !== "" && line > 0) lines.push(...showLine(line, column, length, lineText));
  if (hint !== undefined) lines.push(`  → ${hint}`);
  return lines.join("\n");
}

/** `src/api.ts:3:8: `, as much of it as is known. */
export function showPosition(file: string | null, line: number, column: number): string {
  if (file === null) return "";
  return line === 0 ? `${shortPath(file)}: ` : `${shortPath(file)}:${line}:${column}: `;
}

/** Relative to the working directory, when that is no detour. */
export function shortPath(path: string): string {
  if (!isAbsolute(path)) return path;
  const short = relative(process.cwd(), path);
  return short.startsWith("..") ? path : short;
}

/** A minified line is cut to a window around the place. Tabs become one space, so that the caret stays under its character. */
function showLine(line: number, column: number, length: number, lineText: string): string[] {
  const from = column > WIDEST - 20 ? column - 40 : 0;
  const shown = lineText.slice(from, from + WIDEST).replaceAll("\t", " ");
  const width = Math.max(1, Math.min(length, shown.length - (column - 1 - from)));
  const number = String(line);
  const caret = length > 1 ? "~".repeat(width) : "^";
  return [`  ${number} │ ${shown}`, `  ${" ".repeat(number.length)} ╵ ${" ".repeat(Math.max(0, column - 1 - from))}${caret}`];
}
