import { readFileSync } from "node:fs";
import { SourceMap, type SourceMapPayload } from "node:module";
import { pathToFileURL } from "node:url";
import { parseJson } from "./intrinsics.ts";
import { withoutOwnFrames } from "./own-frames.ts";

type Rewrite = (text: string) => string;

const unchanged: Rewrite = (text) => text;
let rewrite: Rewrite = unchanged;

/** From now on `mapPositions` knows this file, whose map lies beside it. Reads nothing yet. */
export function useSourceMap(file: string): void {
  let map: SourceMap | null | undefined;
  const position = new RegExp(`(?:${escape(pathToFileURL(file).href)}|${escape(file)}):(\\d+):(\\d+)`, "g");
  rewrite = (text) => {
    if (!text.includes(file)) return text;
    map ??= readMap(`${file}.map`);
    const known = map;
    if (known === null) return text;
    return text.replace(position, (whole, line: string, column: string) => originalPosition(known, Number(line), Number(column)) ?? whole);
  };
}

/** Positions in the bundle become positions in the user's sources, as `src/index.ts:3:7`; the runtime's own go. Never throws. */
export function mapPositions(text: string): string {
  try {
    return rewrite(withoutOwnFrames(text));
  } catch {
    return text;
  }
}

/** A stack's lines and columns count from 1, a source map's from 0. */
function originalPosition(map: SourceMap, line: number, column: number): string | undefined {
  const entry = map.findEntry(line - 1, column - 1);
  if (!("originalSource" in entry) || entry.originalSource === undefined) return undefined;
  return `${entry.originalSource.replace(/^(?:\.\.?\/)+/, "")}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
}

function readMap(file: string): SourceMap | null {
  try {
    return new SourceMap(parseJson(readFileSync(file, "utf8")) as SourceMapPayload);
  } catch {
    return null;
  }
}

const escape = (literal: string): string => literal.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
