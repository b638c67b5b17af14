import type { BuildFailure, BuildResult, Message } from "esbuild";
import type * as Esbuild from "esbuild";
import { BundleError, BundlerFailedError } from "./errors.ts";
import type { BundleMessage } from "./errors.ts";
import { esbuildProgram, loadEsbuild } from "./esbuild.ts";
import { exportsOf, hasHandler, refuseWithoutHandler } from "./handlers.ts";
import { jailed, unjailed } from "./jail.ts";
import type { Launch } from "./jail.ts";
import { isFatalWarning, onlyTopLevelAwait, toBundleMessage } from "./messages.ts";
import { buildOptions, entryOnlyOptions } from "./options.ts";
import type { Format } from "./options.ts";
import { findProject } from "./project.ts";
import type { Project } from "./project.ts";
import { visiblePaths } from "./visible.ts";

export interface BundleRequest {
  /** Path of the function's source file. */
  entry: string;
  /** Default: the nearest directory upwards that has a package.json, else the entry's own. */
  projectRoot?: string;
  esbuildBinary?: string;
  /** False: bundle with everything that this user can read in view. */
  jail?: boolean;
  signal: AbortSignal;
}

export interface Bundle {
  code: Uint8Array;
  sourceMap: Uint8Array | null;
  format: Format;
  /** Length of `code`. */
  bytes: number;
  /** Source files, relative to the project root. */
  inputs: string[];
  warnings: BundleMessage[];
  ms: number;
}

type Result = BuildResult<ReturnType<typeof buildOptions>>;

/**
 * Bundles a function and its npm dependencies into one file, in a jail that shows the project alone. CommonJS; ESM when, and only when,
 * the code has top-level await. Calls are independent of each other.
 * @throws BundleError when the code is at fault, with every place; BundlerFailedError when the bundler could not run; the signal's
 * reason when aborted.
 */
export async function bundle(request: BundleRequest): Promise<Bundle> {
  const started = performance.now();
  request.signal.throwIfAborted();
  const project = findProject(request.entry, request.projectRoot);
  const program = request.esbuildBinary ?? esbuildProgram();
  const launch = request.jail === false ? unjailed(program) : jailed(program, visiblePaths(project), project.root);
  const esbuild = loadEsbuild(launch);
  // Checked before each build: after `stop`, esbuild would start itself again, and outside the jail once the launch is removed.
  const make: Make = (options) => {
    request.signal.throwIfAborted();
    return esbuild.build(options);
  };
  try {
    const { result, format } = await untilAborted(build(make, project), request.signal);
    return toBundle(result, format, project, performance.now() - started);
  } catch (error) {
    request.signal.throwIfAborted();
    throw explain(error, launch, project);
  } finally {
    void esbuild.stop();
    launch.remove();
  }
}

type Make = typeof Esbuild.build;

async function build(make: Make, project: Project): Promise<{ result: Result; format: Format }> {
  const entryOnly = make(entryOnlyOptions(project)).catch(() => null);
  let format: Format = "cjs";
  let result: Result;
  try {
    result = await make(buildOptions(project, format));
  } catch (error) {
    if (!isBuildFailure(error) || !onlyTopLevelAwait(error.errors)) throw error;
    format = "esm";
    result = await make(buildOptions(project, format));
  }
  await checkHandlers(make, project, format === "esm" ? result : await entryOnly);
  return { result, format };
}

/** What `export *` brings shows in a whole ESM build alone: made only when the entry itself has no handler. */
async function checkHandlers(make: Make, project: Project, known: Pick<Result, "metafile"> | null): Promise<void> {
  const own = known === null ? null : exportsOf(known.metafile);
  if (own === null || hasHandler(own)) return;
  const whole = exportsOf((await make(buildOptions(project, "esm"))).metafile);
  if (whole !== null && !hasHandler(whole)) refuseWithoutHandler(project.entry, whole);
}

/** esbuild leaves what it was asked unanswered when it is stopped: the signal ends the wait. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason as Error);
  signal.addEventListener("abort", abort, { once: true });
  return Promise.race([work, promise]).finally(() => signal.removeEventListener("abort", abort));
}

function toBundle({ outputFiles, metafile, warnings }: Result, format: Format, project: Project, ms: number): Bundle {
  const fatal = warnings.filter(isFatalWarning);
  if (fatal.length > 0) throw new BundleError(translate(fatal, project));
  const code = outputFiles.find((file) => !file.path.endsWith(".map"))?.contents;
  if (code === undefined) throw new BundlerFailedError("esbuild wrote no bundle");
  const sourceMap = outputFiles.find((file) => file.path.endsWith(".map"))?.contents ?? null;
  return {
    code,
    sourceMap,
    format,
    bytes: code.byteLength,
    inputs: Object.keys(metafile.inputs),
    warnings: translate(warnings, project),
    ms,
  };
}

function explain(error: unknown, launch: Launch, project: Project): unknown {
  if (isBuildFailure(error) && error.errors.length > 0) return new BundleError(translate(error.errors, project), { cause: error });
  if (error instanceof BundleError || error instanceof BundlerFailedError) return error;
  return new BundlerFailedError(launch.complaint() || "esbuild ended before it had answered", { cause: error });
}

const translate = (messages: Message[], project: Project): BundleMessage[] => messages.map((message) => toBundleMessage(message, project));

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && Array.isArray((error as Partial<BuildFailure>).errors);
}
