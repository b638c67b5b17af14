import { performance } from "node:perf_hooks";
import { FnError, type ProbeRequest, type ProbeResult } from "@zygo/contracts";
import { LOAD_LIMIT_MS } from "./load.ts";
import { redactStart } from "./redact.ts";
import type { Starter } from "./starter.ts";
import { prepareVersion, type VersionSource } from "./versions.ts";

/** Characters of a message or stack that go to the developer. */
const MAX_CHARS = 8 * 1024;

/**
 * Loads a bundle once in a sandbox of its own and says what it is. A bundle that does not load is a result.
 * @throws FnError INTERNAL when the platform fails.
 */
export async function probe(request: ProbeRequest, given: { versions: VersionSource; starter: Starter }): Promise<ProbeResult> {
  const version = await prepareVersion(given.versions, request);
  const at = performance.now();
  try {
    const { forked, loaded } = await given.starter.start(version, { limitMs: LOAD_LIMIT_MS, onLog: () => undefined });
    const totalMs = performance.now() - at;
    given.starter.discard(forked);
    return { ok: true, config: loaded.config, handlers: loaded.handlers, startup: { totalMs, loadMs: loaded.loadMs } };
  } catch (error) {
    if (!(error instanceof FnError) || error.code === "INTERNAL") throw error;
    return failedProbe(redactStart(version.redact, error));
  }
}

function failedProbe({ code, message, cause }: FnError): ProbeResult {
  const thrown = cause as { name?: string; message?: string; stack?: string } | undefined;
  const said = code === "FUNCTION_LOAD_FAILED" && thrown?.message !== undefined ? `${thrown.name ?? "Error"}: ${thrown.message}` : message;
  return {
    ok: false,
    code,
    message: said.slice(0, MAX_CHARS),
    ...(typeof thrown?.stack === "string" && code !== "FUNCTION_PROTOCOL" ? { stack: thrown.stack.slice(0, MAX_CHARS) } : {}),
  };
}
