import { createHash, randomBytes } from "node:crypto";
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import type { HomePaths } from "@zygo/contracts";
import { z } from "zod";
import { StartupError } from "./startup-error.ts";

const Credentials = z.object({ url: z.string(), apiKey: z.string().regex(/^fn_[A-Za-z0-9_-]{43}$/) });

/** What is in credentials.json: enough for the command, and for whoever can read the file, to administer the platform. */
export type Credentials = z.infer<typeof Credentials>;

/**
 * Makes FN_HOME itself, 0700. Called again it changes nothing.
 *
 * @throws StartupError when it is another user's
 */
export const makeHome = (home: string): void => makeDirectory(home, 0o700);

/**
 * Makes the directories in FN_HOME. Only for who has it locked: a platform that runs there has its own say in the modes.
 *
 * @throws StartupError when one of them is another user's: `run` can lie in /tmp, where anyone could have made it
 */
export function makeRooms(paths: HomePaths): void {
  for (const directory of [paths.run, paths.redisData, paths.jobsRedisData, paths.payloads, paths.artifacts, paths.volumes, paths.logs])
    makeDirectory(directory, 0o700);
  // The root of a sandbox, which is nobody here, mounts layers.
  makeDirectory(paths.layers, 0o755);
}

function makeDirectory(directory: string, mode: number): void {
  mkdirSync(directory, { recursive: true, mode });
  const { uid } = lstatSync(directory);
  if (uid !== process.getuid?.()) throw new StartupError(`${directory} belongs to user ${uid}. Remove it, or set another FN_HOME.`);
  chmodSync(directory, mode);
}

/** The secret by which services of this machine know each other: 32 random bytes in hex, made once. */
export function ensureLinkSecret(paths: HomePaths): void {
  if (!existsSync(paths.linkSecret)) writeSecret(paths.linkSecret, randomBytes(32).toString("hex"));
}

/** The key of stored secrets: 32 random bytes in hex, made once. A new one could open nothing that the old one sealed. */
export function ensureSecretsKey(paths: HomePaths): void {
  if (!existsSync(paths.secretsKey)) writeSecret(paths.secretsKey, randomBytes(32).toString("hex"));
}

/**
 * The generated admin key, kept over restarts, beside the URL of now.
 *
 * @throws StartupError when the file is damaged: a new key would lock out everyone who has the old one
 */
export function ensureCredentials(paths: HomePaths, url: string): Credentials {
  const before = existsSync(paths.credentials) ? readCredentials(paths.credentials) : undefined;
  const credentials = { url, apiKey: before?.apiKey ?? `fn_${randomBytes(32).toString("base64url")}` };
  if (before?.url !== url) writeSecret(paths.credentials, `${JSON.stringify(credentials, null, 2)}\n`);
  return credentials;
}

/** What the store holds of a key, hex. */
export const keyHash = (apiKey: string): string => createHash("sha256").update(apiKey).digest("hex");

function readCredentials(path: string): Credentials {
  try {
    return Credentials.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (cause) {
    throw new StartupError(`${path} does not hold {url, apiKey}. Mend it, or remove it to get a new admin key.`, { cause });
  }
}

/** Written aside and renamed, so that no reader sees half of it; 0600 from its first byte. */
function writeSecret(path: string, text: string): void {
  const fresh = `${path}.new`;
  writeFileSync(fresh, text, { mode: 0o600 });
  chmodSync(fresh, 0o600);
  renameSync(fresh, path);
}
