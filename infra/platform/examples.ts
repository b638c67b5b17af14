import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { FunctionList } from "@zygo/contracts";
import type { Credentials } from "./home.ts";
import { foreignVariables } from "./node-service.ts";

const DEPLOY_MS = 120_000;
const LIST_MS = 10_000;
const run = promisify(execFile);

export interface Examples {
  /** The repository. */
  root: string;
  home: string;
  credentials: Credentials;
}

/**
 * Deploys the files in `functions/`, unless all of them are there already, made from the same sources.
 *
 * @throws Error with what the command said
 */
export async function deployExamples({ root, home, credentials }: Examples, signal: AbortSignal): Promise<void> {
  const files = exampleFiles(join(root, "functions"));
  const command = join(root, "packages", "cli", "bin", "fn.mjs");
  if (files.length === 0 || !existsSync(command)) return;
  const stamp = join(home, "examples-stamp");
  const sources = hashSources(root, files);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === sources && (await areDeployed(files, credentials, signal))) return;
  const env = { ...foreignVariables(), FN_HOME: home, FN_URL: credentials.url, FN_API_KEY: credentials.apiKey };
  await run(process.execPath, [command, "deploy", ...files, "--json"], { cwd: root, env, signal, timeout: DEPLOY_MS });
  writeFileSync(stamp, sources);
}

function exampleFiles(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .sort()
    .map((name) => join(directory, name));
}

/** What the bundles are made from: the examples, the SDK and npm packages that they import, and the bundler. */
function hashSources(root: string, files: string[]): string {
  const folders = ["packages/sdk/src", "packages/bundle/src"].map((folder) => join(root, folder)).filter((folder) => existsSync(folder));
  const sources = folders.flatMap((folder) => readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)));
  const readable = sources.filter((source) => statSync(source).isFile());
  const hash = createHash("sha256");
  for (const file of [...files, join(root, "package-lock.json"), ...readable]) hash.update(`\0${file}\0`).update(readFileSync(file));
  return hash.digest("hex");
}

async function areDeployed(files: string[], { url, apiKey }: Credentials, signal: AbortSignal): Promise<boolean> {
  const response = await fetch(`${url}/api/functions`, {
    headers: { authorization: `Bearer ${apiKey}` },
    signal: AbortSignal.any([signal, AbortSignal.timeout(LIST_MS)]),
  });
  if (!response.ok) return false;
  const deployed = new Set(FunctionList.parse(await response.json()).functions.map(({ name }) => name));
  return files.every((file) => deployed.has(basename(file, ".ts")));
}
