import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** A real redis-server on a Unix socket in a directory of its own: no TCP, nothing saved. For tests. */
export class RedisServer {
  readonly url: string;
  readonly socket: string;
  readonly #directory: string;
  #process: ChildProcess | undefined;

  private constructor(directory: string) {
    this.#directory = directory;
    this.socket = join(directory, "redis.sock");
    this.url = `unix://${this.socket}`;
  }

  static async start(): Promise<RedisServer> {
    const server = new RedisServer(await mkdtemp(join(tmpdir(), "zygo-redis-")));
    await server.resume();
    return server;
  }

  /** Starts it again, empty, after `crash`. Resolves when it accepts connections. */
  async resume(): Promise<void> {
    const args = ["--port", "0", "--unixsocket", this.socket, "--save", "", "--appendonly", "no", "--dir", this.#directory];
    this.#process = spawn("redis-server", args, { stdio: "ignore" });
    for (let tries = 0; !(await accepts(this.socket)); tries++) {
      if (tries > 500) throw new Error("redis-server does not start");
      await sleep(10);
    }
  }

  /** SIGKILL; resolves when it is gone. */
  async crash(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined) return;
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  }

  /** It holds its connections and answers nothing until `thaw`. */
  freeze(): void {
    this.#process?.kill("SIGSTOP");
  }

  thaw(): void {
    this.#process?.kill("SIGCONT");
  }

  async stop(): Promise<void> {
    await this.crash();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

async function accepts(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
