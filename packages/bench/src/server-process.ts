import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { Address } from "./connection.ts";

const LISTENS_MS = 20_000;

/** How a server is started that says on stdout, in one line, the port of loopback or the path of the Unix socket that it listens on. */
export interface ServerCommand {
  program: string;
  args: readonly string[];
}

/** A server of somebody else's, in a process of its own. */
export class ServerProcess {
  readonly address: Address;
  /** `performance.now()` just before it was spawned. */
  readonly spawnedAt: number;
  readonly #child: ChildProcess;

  /** Resolves when it listens. @throws Error with what it said, when it ends before */
  static async start({ program, args }: ServerCommand): Promise<ServerProcess> {
    const spawnedAt = performance.now();
    const child = spawn(program, args, { env: { PATH: process.env["PATH"] }, stdio: ["ignore", "pipe", "pipe"] });
    const lastWords: Buffer[] = [];
    child.stderr.on("data", (chunk: Buffer) => lastWords.push(chunk));
    const line = await firstLine(child).catch((cause: unknown) => {
      child.kill("SIGKILL");
      throw new Error(`${program} did not come to listen: ${Buffer.concat(lastWords).toString().trim()}`, { cause });
    });
    return new ServerProcess(child, spawnedAt, /^\d+$/.test(line) ? { host: "127.0.0.1", port: Number(line) } : { path: line });
  }

  private constructor(child: ChildProcess, spawnedAt: number, address: Address) {
    this.#child = child;
    this.spawnedAt = spawnedAt;
    this.address = address;
  }

  /** Of one that listens on TCP. */
  get url(): string {
    return "port" in this.address ? `http://${this.address.host}:${this.address.port}/` : "";
  }

  /** SIGKILL: a benchmark waits for nobody's farewell. Resolves when the process is gone. */
  async stop(): Promise<void> {
    const { exitCode, signalCode } = this.#child;
    if (exitCode !== null || signalCode !== null) return;
    const gone = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await gone;
  }
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
