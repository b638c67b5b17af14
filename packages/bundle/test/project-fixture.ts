import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll } from "vitest";
import { bundle } from "../src/index.ts";
import type { Bundle, BundleRequest } from "../src/index.ts";

const made: string[] = [];

/** Writes files below a new directory, which is removed after the file's tests. @returns its real path. */
export function project(files: Record<string, string>): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "fn-project-")));
  made.push(root);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

afterAll(() => {
  for (const root of made) rmSync(root, { recursive: true, force: true });
});

export const bundled = (entry: string, more: Partial<BundleRequest> = {}): Promise<Bundle> =>
  bundle({ entry, signal: AbortSignal.timeout(30_000), ...more });

export const codeOf = ({ code }: Bundle): string => Buffer.from(code).toString("utf8");

export const HANDLER = `export default () => new Response("ok");\n`;
