import type { LoadedPayload, LoadPayload } from "@zygo/contracts/frames";
import { describeError } from "./describe-error.ts";
import { enterEnvironment } from "./environment.ts";
import { evaluateBundle } from "./evaluate.ts";
import { clockMs } from "./intrinsics.ts";
import { isInstance } from "./is-instance.ts";
import { loadedText } from "./json-text.ts";
import type { Program } from "./program.ts";
import { InvalidConfig, readConfig } from "./read-config.ts";
import { findAfterFork, NoHandlers, resolveHandlers } from "./resolve-handlers.ts";
import { useSourceMap } from "./source-map.ts";

export interface LoadOutcome {
  /** Absent when the version cannot serve. */
  program?: Program;
  /** JSON text of the LoadedPayload. */
  loaded: string;
}

/** Loads a version into this process, once in its life. Never rejects: what went wrong is in the outcome. */
export async function loadVersion(load: LoadPayload): Promise<LoadOutcome> {
  const startedMs = clockMs();
  try {
    if (load.hasSourceMap) useSourceMap(load.file);
    const env = enterEnvironment(load);
    const exports = await evaluateBundle(load.file, load.format);
    const handlers = resolveHandlers(exports);
    const config = readConfig(exports);
    const loaded = { ok: true, loadMs: clockMs() - startedMs, handlers: handlers.names };
    const identity = { function: load.function, version: load.version };
    const afterFork = findAfterFork(exports);
    return { program: { identity, handlers, env, ...(afterFork !== undefined && { afterFork }) }, loaded: loadedText(loaded, config) };
  } catch (thrown) {
    return { loaded: loadedText(refusal(thrown, clockMs() - startedMs), "null") };
  }
}

/** @returns JSON text of the LoadedPayload when it failed. Never rejects. */
export async function runAfterFork(afterFork: () => unknown): Promise<string | undefined> {
  const startedMs = clockMs();
  try {
    await afterFork();
    return undefined;
  } catch (thrown) {
    return loadedText(refusal(thrown, clockMs() - startedMs), "null");
  }
}

function refusal(thrown: unknown, loadMs: number): Omit<LoadedPayload, "config"> {
  const { code, error } = describeError(thrown, codeOf(thrown));
  return { ok: false, loadMs, handlers: [], error: { code, ...error } };
}

function codeOf(thrown: unknown): string {
  if (isInstance(thrown, NoHandlers)) return "INVALID_BUNDLE";
  return isInstance(thrown, InvalidConfig) ? "INVALID_CONFIG" : "FUNCTION_LOAD_FAILED";
}
