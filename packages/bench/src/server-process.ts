import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { basename, join } from "node:path";
import type { Address } from "./connection.ts";

const LISTENS_MS = 20_000;

/** How a program is started. */
interface Command {
  program: string;
  args: readonly string[];
  /** Besides PATH. */
  env?: Record<string, string>;
}

/**
 * How a server is started that says on stdout, in one line, where it listens: the port of loopback, a message of workerd's that holds it,
 * or the path of a Unix socket.
 */
export interface ServerCommand extends Command {
  /** The directory that the socket is in seen from here, for one that says its own view's path. */
  socketIn?: string;
  /** Run after it was killed, and not timed: what a container engine leaves behind. */
  cleanUp?: Command;
}

/** A server of somebody else's, in a process of its own. */
export class ServerProcess {
  readonly address: Address;
  /** `performance.now()` just before it was spawned. */
  readonly spawnedAt: number;
  readonly #child: ChildProcess;
  readonly #command: ServerCommand;

  /** Resolves when it listens. @throws Error with what it said, when it ends before */
  static async start(command: ServerCommand): Promise<ServerProcess> {
    const spawnedAt = performance.now();
    const child = start(command, ["ignore", "pipe", "pipe"]);
    const lastWords: Buffer[] = [];
    child.stderr!.on("data", (chunk: Buffer) => lastWords.push(chunk));
    const line = await firstLine(child).catch(async (cause: unknown) => {
      child.kill("SIGKILL");
      await cleanUp(command);
      throw new Error(`${command.program} did not come to listen: ${Buffer.concat(lastWords).toString().trim()}`, { cause });
    });
    return new ServerProcess(child, spawnedAt, command, addressIn(line, command.socketIn));
  }

  private constructor(child: ChildProcess, spawnedAt: number, command: ServerCommand, address: Address) {
    this.#child = child;
    this.#command = command;
    this.spawnedAt = spawnedAt;
    this.address = address;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Of one that listens on TCP. */
  get url(): string {
    return "port" in this.address ? `http://${this.address.host}:${this.address.port}/` : "";
  }

  /** SIGKILL: a benchmark waits for nobody's farewell. Resolves when the process is gone, and what it leaves behind. */
  async stop(): Promise<void> {
    const { exitCode, signalCode } = this.#child;
    if (exitCode === null && signalCode === null) {
      const gone = once(this.#child, "exit");
      this.#child.kill("SIGKILL");
      await gone;
    }
    await cleanUp(this.#command);
  }
}

function start({ program, args, env = {} }: Command, stdio: ("ignore" | "pipe")[]): ChildProcess {
  return spawn(program, args, { env: { PATH: process.env["PATH"], ...env }, stdio });
}

async function cleanUp({ cleanUp: command }: ServerCommand): Promise<void> {
  if (command === undefined) return;
  const child = start(command, ["ignore", "ignore", "ignore"]);
  await once(child, "close", { signal: AbortSignal.timeout(LISTENS_MS) });
}

function addressIn(line: string, socketIn: string | undefined): Address {
  const port = /^(?:\{.*"port":)?(\d+)/.exec(line)?.[1];
  if (port !== undefined) return { host: "127.0.0.1", port: Number(port) };
  return { path: socketIn === undefined ? line : join(socketIn, basename(line)) };
}

async function firstLine(child: ChildProcess): Promise<string> {
  const ended = new AbortController();
  child.once("close", () => ended.abort(new Error("it ended")));
  child.once("error", (error) => ended.abort(error));
  const signal = AbortSignal.any([ended.signal, AbortSignal.timeout(LISTENS_MS)]);
  let text = "";
  while (!text.includes("\n")) {
    const [chunk] = (await once(child.stdout!, "data", { signal })) as [Buffer];
    text += chunk.toString();
  }
  return text.slice(0, text.indexOf("\n"));
}
