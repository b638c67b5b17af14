import type { BuildFailure, BuildResult, Message, Plugin } from "esbuild";
import type * as Esbuild from "esbuild";
import { BundleError, BundlerFailedError, plainMessage } from "./errors.ts";
import type { BundleMessage } from "./errors.ts";
import { esbuildProgram, loadEsbuild } from "./esbuild.ts";
import { externalOf } from "./external/config-external.ts";
import { buildDependencyLayer } from "./external/dependency-layer.ts";
import { holdsNative, leaveOut, type LeftOut } from "./external/leave-out.ts";
import { findPackage, packageNameOf } from "./external/packages.ts";
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
  /** Packages that are left out of the bundle besides those with native code and those of the entry's `config.external`. */
  external?: readonly string[];
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
  /** Packages that the bundle imports and does not hold. */
  external: string[];
  /** A tar of `app/node_modules/…` with them and all that they need; null: there are none. */
  dependencies: Uint8Array | null;
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
    const wanted = new Set([...(request.external ?? []), ...externalOf(project.entry)]);
    const made = await untilAborted(buildWithout(make, project, wanted), request.signal);
    const dependencies = made.leftOut.size === 0 ? null : await buildDependencyLayer(made.leftOut, project);
    return { ...toBundle(made, project), dependencies, ms: performance.now() - started };
  } catch (error) {
    request.signal.throwIfAborted();
    throw explain(error, launch, project);
  } finally {
    void esbuild.stop();
    launch.remove();
  }
}

type Make = typeof Esbuild.build;

interface Built {
  result: Result;
  format: Format;
}

/**
 * The quick way first: one build that takes everything in. Only where that meets native code, or fails within a package, each import is
 * looked at.
 */
async function buildWithout(make: Make, project: Project, wanted: ReadonlySet<string>): Promise<Built & { leftOut: LeftOut }> {
  if (wanted.size === 0) {
    try {
      const built = await build(make, project, []);
      if (!holdsNative(built.result.metafile, project)) return { ...built, leftOut: new Map() };
    } catch (error) {
      if (!isBuildFailure(error) || !error.errors.some(({ location }) => location?.file.includes("node_modules/"))) throw error;
    }
  }
  const leftOut = requireInstalled(project, wanted);
  return { ...(await build(make, project, [leaveOut(project, wanted, leftOut)])), leftOut };
}

/** What is listed goes along though nothing imports it by a name that can be read. */
function requireInstalled({ root, repository }: Project, wanted: ReadonlySet<string>): LeftOut {
  const found = [...wanted].map((name): [string, string] => {
    const directory = packageNameOf(name) === name ? findPackage(name, root, repository) : undefined;
    if (directory !== undefined) return [name, directory];
    throw new BundleError([plainMessage(`external: there is no package '${name}'`, `Run \`npm install ${name}\` in ${root}.`)]);
  });
  return new Map(found);
}

async function build(make: Make, project: Project, plugins: Plugin[]): Promise<Built> {
  const options = (format: Format) => ({ ...buildOptions(project, format), plugins });
  const entryOnly = make(entryOnlyOptions(project)).catch(() => null);
  let format: Format = "cjs";
  let result: Result;
  try {
    result = await make(options(format));
  } catch (error) {
    if (!isBuildFailure(error) || !onlyTopLevelAwait(error.errors)) throw error;
    format = "esm";
    result = await make(options(format));
  }
  await checkHandlers(() => make(options("esm")), project, format === "esm" ? result : await entryOnly);
  return { result, format };
}

/** What `export *` brings shows in a whole ESM build alone: made only when the entry itself has no handler. */
async function checkHandlers(
  makeWhole: () => Promise<Pick<Result, "metafile">>,
  project: Project,
  known: Pick<Result, "metafile"> | null,
): Promise<void> {
  const own = known === null ? null : exportsOf(known.metafile);
  if (own === null || hasHandler(own)) return;
  const whole = exportsOf((await makeWhole()).metafile);
  if (whole !== null && !hasHandler(whole)) refuseWithoutHandler(project.entry, whole);
}

/** esbuild leaves what it was asked unanswered when it is stopped: the signal ends the wait. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason as Error);
  signal.addEventListener("abort", abort, { once: true });
  return Promise.race([work, promise]).finally(() => signal.removeEventListener("abort", abort));
}

function toBundle({ result, format, leftOut }: Built & { leftOut: LeftOut }, project: Project): Omit<Bundle, "dependencies" | "ms"> {
  const { outputFiles, metafile, warnings } = result;
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
    external: [...leftOut.keys()].sort(),
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
