import { EXIT } from "./exit-codes.ts";
import type { Exit } from "./exit-codes.ts";
import type { Command } from "./command.ts";
import { UsageError, toFailure } from "./failure.ts";
import { checkName } from "./function-name.ts";
import { HELP } from "./help.ts";
import { writeLine } from "./io.ts";
import type { Io } from "./io.ts";

/** Loaded when asked for alone: a command's start-up is the developer's waiting time. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  deploy: async () => (await import("./commands/deploy.ts")).deploy,
  invoke: async () => (await import("./commands/invoke.ts")).invoke,
  list: async () => (await import("./commands/list.ts")).list,
  describe: async () => (await import("./commands/describe.ts")).describe,
  inspect: async () => (await import("./commands/inspect.ts")).inspect,
  receipts: async () => (await import("./commands/receipts.ts")).receipts,
  top: async () => (await import("./commands/top.ts")).top,
  logs: async () => (await import("./commands/logs.ts")).logs,
  dlq: async () => (await import("./commands/dlq.ts")).dlq,
  replay: async () => (await import("./commands/replay.ts")).replay,
  delete: async () => (await import("./commands/delete.ts")).remove,
  keys: async () => (await import("./commands/keys.ts")).keys,
  secrets: async () => (await import("./commands/secrets.ts")).secrets,
  volume: async () => (await import("./commands/volume.ts")).volume,
  tenants: async () => (await import("./commands/tenants.ts")).tenants,
  whoami: async () => (await import("./commands/whoami.ts")).whoami,
  audit: async () => (await import("./commands/audit.ts")).audit,
  doctor: async () => (await import("./commands/doctor.ts")).doctor,
  cron: async () => (await import("./commands/cron.ts")).cron,
  webhook: async () => (await import("./commands/webhook.ts")).webhook,
  queue: async () => (await import("./commands/queue.ts")).queue,
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
    const { rest, tenant } = takeTenant(args);
    return await dispatch(rest, tenant === undefined ? io : { ...io, env: { ...io.env, FN_TENANT: tenant } });
  } catch (error) {
    const { exit, text, problem } = toFailure(error);
    if (args.includes("--json")) await writeLine(io.stdout, JSON.stringify(problem));
    else await writeLine(io.stderr, `fn: ${text}`);
    return exit;
  }
}

/** `--tenant <name>` is good with every command: the operator's key then acts for that tenant. */
function takeTenant(args: string[]): { rest: string[]; tenant?: string } {
  const end = args.indexOf("--");
  const at = args.findIndex((arg, index) => (end < 0 || index < end) && (arg === "--tenant" || arg.startsWith("--tenant=")));
  if (at < 0) return { rest: args };
  const joined = args[at] !== "--tenant";
  const tenant = joined ? args[at]?.slice("--tenant=".length) : args[at + 1];
  if (!tenant) throw new UsageError("--tenant: give the tenant's name");
  return { rest: args.toSpliced(at, joined ? 1 : 2), tenant: checkName(tenant, "tenant") };
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
