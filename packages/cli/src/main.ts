import { EXIT } from "./exit-codes.ts";
import type { Exit } from "./exit-codes.ts";
import type { Command } from "./command.ts";
import { UsageError, toFailure } from "./failure.ts";
import { HELP } from "./help.ts";
import { writeLine } from "./io.ts";
import type { Io } from "./io.ts";

/** Loaded when asked for alone: a command's start-up is the developer's waiting time. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  deploy: async () => (await import("./commands/deploy.ts")).deploy,
  invoke: async () => (await import("./commands/invoke.ts")).invoke,
  list: async () => (await import("./commands/list.ts")).list,
  logs: async () => (await import("./commands/logs.ts")).logs,
  delete: async () => (await import("./commands/delete.ts")).remove,
  bench: async () => (await import("./commands/bench.ts")).bench,
};

/** The whole command. Sets the process's exit code; never throws. */
export async function main(args: string[]): Promise<void> {
  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interrupted.abort());
  // `fn list | head`: the reader has what it wanted.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? EXIT.ok : EXIT.failed));
  const { stdin, stdout, stderr, env } = process;
  process.exitCode = await run(args, { stdin, stdout, stderr, env, signal: interrupted.signal });
  // Idle keep-alive connections would hold the process for seconds.
  stdout.write("", () => process.exit());
}

/** Runs a command line. A failure is told on stderr or, with --json, on stdout as the one document. */
export async function run(args: string[], io: Io): Promise<Exit> {
  try {
    return await dispatch(args, io);
  } catch (error) {
    const { exit, text, problem } = toFailure(error);
    if (args.includes("--json")) await writeLine(io.stdout, JSON.stringify(problem));
    else await writeLine(io.stderr, `fn: ${text}`);
    return exit;
  }
}

async function dispatch(args: string[], io: Io): Promise<Exit> {
  const [name, ...rest] = args;
  if (name === "--version" || name === "-v") return show(io, await version());
  if (name === undefined || name === "--help" || name === "-h") return show(io, HELP);
  if (name === "help") return rest[0] === undefined ? show(io, HELP) : show(io, (await commandOf(rest[0])).help);
  const command = await commandOf(name);
  const flags = rest.includes("--") ? rest.slice(0, rest.indexOf("--")) : rest;
  if (flags.includes("--help") || flags.includes("-h")) return show(io, command.help);
  return command.run(rest, io);
}

async function commandOf(name: string): Promise<Command> {
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (load === undefined) throw new UsageError(`unknown command '${name}': one of ${Object.keys(COMMANDS).join(", ")}`);
  return load();
}

async function show(io: Io, text: string): Promise<Exit> {
  await writeLine(io.stdout, text.trimEnd());
  return EXIT.ok;
}

async function version(): Promise<string> {
  const { default: manifest } = await import("../package.json", { with: { type: "json" } });
  return manifest.version;
}
