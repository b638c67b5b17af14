import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CHECKOUT } from "@zygo/testkit";

/** Where `fn bench --install-peers` puts what npm has of others' programs: a quarter of a gigabyte that nobody needs but this benchmark. */
const DIRECTORY = join(CHECKOUT, "build/peers");
/** Which of them, of which versions; with their digests. */
const PINNED = join(import.meta.dirname, "../../peers");

export const HOW_TO_INSTALL = "fn bench --install-peers";

/** The path of a file of an installed package; undefined when it is not installed. */
export function installedFile(name: string, file: string): string | undefined {
  const path = join(DIRECTORY, "node_modules", name, file);
  return existsSync(path) ? path : undefined;
}

export function installedVersion(name: string): string {
  const manifest = installedFile(name, "package.json");
  return manifest === undefined ? "?" : (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version;
}

/** Has npm install them as they are pinned, without running any script of theirs. @throws Error when npm fails, the signal's reason */
export async function installPeers(signal: AbortSignal): Promise<void> {
  mkdirSync(DIRECTORY, { recursive: true });
  for (const file of ["package.json", "package-lock.json"]) copyFileSync(join(PINNED, file), join(DIRECTORY, file));
  const npm = spawn("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: DIRECTORY,
    stdio: ["ignore", "inherit", "inherit"],
    signal,
  });
  const [code] = (await once(npm, "close")) as [number | null];
  if (code !== 0) throw new Error(`npm ci in ${DIRECTORY} exits with ${code ?? "a signal"}`);
}
