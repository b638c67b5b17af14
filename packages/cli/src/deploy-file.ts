import { relative, resolve } from "node:path";
import type { DeployResult } from "@zygo/contracts";
import type { Connection } from "./connect.ts";
import { shortPath } from "./excerpt.ts";
import { UsageError } from "./failure.ts";
import type { Progress } from "./progress.ts";

export interface DeploySettings {
  /** Members of FunctionConfig, unchecked. */
  overrides: Record<string, unknown>;
  env: Record<string, string>;
  jail: boolean;
}

export interface FileDeploy {
  file: string;
  name: string;
  settings: DeploySettings;
  connection: Promise<Connection>;
  signal: AbortSignal;
  progress: Progress;
}

export interface Deployed extends DeployResult {
  format: "cjs" | "esm";
  /** Of the bundler. */
  warnings: string[];
  bundleMs: number;
  /** From this file's turn to the function being live. */
  totalMs: number;
}

/** Ends what would never end, such as reading a named pipe. */
const BUNDLE_MS = 120_000;

/** Bundles one file and puts it live. @throws BundleError, BundlerFailedError, UsageError, ApiError */
export async function deployFile({ file, name, settings, connection, signal, progress }: FileDeploy): Promise<Deployed> {
  const started = performance.now();
  progress.set(name, "bundling");
  const { bundle } = await import("@zygo/bundle");
  const external = (settings.overrides["external"] as string[] | undefined) ?? [];
  const within = AbortSignal.any([signal, AbortSignal.timeout(BUNDLE_MS)]);
  const bundling = bundle({ entry: resolve(file), jail: settings.jail, external, signal: within });
  const checking = checkMeta(settings);
  // Nothing may go on behind a failure: the bundler has a jail to put away.
  await Promise.allSettled([bundling, checking, connection]);
  const meta = await checking;
  const { code, sourceMap, dependencies, format, ms, warnings, external: leftOut } = await bundling;
  const { client } = await connection;
  progress.set(name, "deploying");
  const entry = relative(process.cwd(), resolve(file));
  const whole = { ...meta, format, entry, external: leftOut };
  const result = await client.deploy({ name, meta: whole, bundle: code, sourceMap, dependencies, signal });
  const texts = warnings.map((warning) => `${shortPath(warning.file ?? file)}:${warning.line}:${warning.column}: ${warning.text}`);
  return { ...result, format, warnings: texts, bundleMs: round(ms), totalMs: round(performance.now() - started) };
}

/** Flags by the rules that the platform has: told before anything is sent. */
async function checkMeta({ overrides, env }: DeploySettings) {
  const { Env, FunctionConfig } = await import("@zygo/contracts");
  const config = FunctionConfig.safeParse(overrides);
  if (!config.success) throw new UsageError(firstIssue(config.error));
  const variables = Env.safeParse(env);
  if (!variables.success) throw new UsageError(`--env ${firstIssue(variables.error)}`);
  return { overrides: config.data, env: variables.data };
}

const FLAG_OF: Readonly<Record<string, string>> = {
  memoryMb: "--memory",
  timeoutMs: "--timeout",
  cpu: "--cpu",
  reuse: "--reuse",
  warmup: "--warmup",
  external: "--external",
  runtime: "--runtime",
  auth: "--auth",
  secrets: "--secret",
  retry: "--retry",
  maxJobs: "--max-jobs",
  onSuccess: "--on-success",
  onFailure: "--on-failure",
};

function firstIssue({ issues }: { issues: { path: PropertyKey[]; message: string }[] }): string {
  const issue = issues[0];
  const member = String(issue?.path[0] ?? "");
  return `${FLAG_OF[member] ?? member}: ${issue?.message ?? "is not valid"}`;
}

const round = (ms: number): number => Math.round(ms * 10) / 10;
