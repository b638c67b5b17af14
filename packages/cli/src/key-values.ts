import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { UsageError } from "./failure.ts";

/** `--env-file` first, then each `--env K=V`, which wins. @throws UsageError */
export function readEnv(pairs: readonly string[], files: readonly string[]): Record<string, string> {
  const env: Record<string, string> = {};
  for (const file of files) Object.assign(env, readEnvFile(file));
  for (const pair of pairs) {
    const at = pair.indexOf("=");
    if (at < 1) throw new UsageError(`--env ${pair}: write NAME=value`);
    env[pair.slice(0, at)] = pair.slice(at + 1);
  }
  return env;
}

/** `Name: value`, as curl has it. @throws UsageError */
export function readHeader(text: string): [name: string, value: string] {
  const at = text.indexOf(":");
  if (at < 1) throw new UsageError(`-H '${text}': write 'Name: value'`);
  return [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}

function readEnvFile(file: string): NodeJS.Dict<string> {
  try {
    return parseEnv(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new UsageError(`--env-file ${file} cannot be read`, { cause });
  }
}
