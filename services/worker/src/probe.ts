import { performance } from "node:perf_hooks";
import { FnError, type ProbeRequest, type ProbeResult } from "@zygo/contracts";
import type { SandboxHost } from "@zygo/sandbox";
import type { Log } from "@zygo/service";
import { LOAD_LIMIT_MS } from "./load.ts";
import { redactStart } from "./redact.ts";
import type { Starter } from "./starter.ts";
import { makeTemplate, unloadable } from "./template-maker.ts";
import { prepareVersion, type ReadyVersion, type VersionSource } from "./versions.ts";

/** Characters of a message or stack that go to the developer. */
const MAX_CHARS = 8 * 1024;

interface Given {
  versions: VersionSource;
  starter: Starter;
  host: SandboxHost;
  log: Log;
}

/**
 * Loads a bundle once in a sandbox of its own and says what it is. What was loaded stays as the version's template, when it may have one:
 * so it is there before an alias moves. A bundle that does not load is a result.
 * @throws FnError INTERNAL when the platform fails.
 */
export async function probe(request: ProbeRequest, given: Given): Promise<ProbeResult> {
  const version = await prepareVersion(given.versions, request);
  try {
    return (await asTemplate(version, given)) ?? (await asInstance(version, given.starter));
  } catch (error) {
    if (!(error instanceof FnError) || error.code === "INTERNAL") throw error;
    return failedProbe(redactStart(version.redact, error));
  }
}

/** Undefined when the version wants no template, or the platform cannot make one here. */
async function asTemplate(version: ReadyVersion, { starter, host, log }: Given): Promise<ProbeResult | undefined> {
  if (!version.record.limits.template) return undefined;
  const at = performance.now();
  let totalMs = 0;
  const made = await makeTemplate(host, version, {
    limitMs: LOAD_LIMIT_MS,
    onLog: () => undefined,
    onLoaded: () => (totalMs = performance.now() - at),
  }).catch((error: unknown) => {
    if (!(error instanceof FnError) || error.code === "INTERNAL")
      log.warn("template not made", { function: version.record.function, error });
    else if (error.code !== "FUNCTION_LOAD_FAILED") throw error;
    else starter.templates.of(version)?.refuse(unloadable(error));
  });
  if (made === undefined) return undefined;
  if (made.forkClean !== undefined) await starter.templates.keep(version, made);
  const { loaded, forkClean } = made;
  const startup = { totalMs, loadMs: loaded.loadMs };
  return { ok: true, config: loaded.config, handlers: loaded.handlers, startup, ...(forkClean === undefined ? {} : { forkClean }) };
}

async function asInstance(version: ReadyVersion, starter: Starter): Promise<ProbeResult> {
  const at = performance.now();
  const { forked, loaded } = await starter.start(version, { limitMs: LOAD_LIMIT_MS, onLog: () => undefined });
  const totalMs = performance.now() - at;
  void starter.discard(forked);
  const forkClean = starter.templates.of(version)?.forkClean;
  return {
    ok: true,
    config: loaded.config,
    handlers: loaded.handlers,
    startup: { totalMs, loadMs: loaded.loadMs },
    ...(forkClean && { forkClean }),
  };
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
