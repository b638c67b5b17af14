import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A real Redis of this test's own: a Unix socket in a directory of its own; nothing on disk, unless `durable`: each write, fsynced. */
export class RedisServer {
  readonly url: string;
  readonly #dir: string;
  #process: ChildProcess | undefined;

  readonly #kept: string[];

  private constructor(dir: string, durable: boolean) {
    this.#dir = dir;
    this.#kept = durable ? ["--appendonly", "yes", "--appendfsync", "always"] : [];
    this.url = `unix://${join(dir, "redis.sock")}`;
  }

  static async start({ durable = false } = {}): Promise<RedisServer> {
    const server = new RedisServer(await mkdtemp(join(tmpdir(), "zygo-redis-")), durable);
    await server.up();
    return server;
  }

  async up(): Promise<void> {
    const path = join(this.#dir, "redis.sock");
    this.#process = spawn("redis-server", ["--port", "0", "--unixsocket", path, "--dir", this.#dir, "--save", "", ...this.#kept], {
      stdio: "ignore",
    });
    for (let tries = 0; !(await accepts(path)); tries++) {
      if (tries > 200) throw new Error("redis-server does not come up");
      await sleep(20);
    }
  }

  /** The process is gone, its socket file too. */
  async down(): Promise<void> {
    if (this.#process === undefined) return;
    const gone = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await gone;
    this.#process = undefined;
    await rm(join(this.#dir, "redis.sock"), { force: true });
  }

  hang(): void {
    this.#process?.kill("SIGSTOP");
  }

  resume(): void {
    this.#process?.kill("SIGCONT");
  }

  async end(): Promise<void> {
    await this.down();
    await rm(this.#dir, { recursive: true, force: true });
  }
}

function accepts(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => resolve(true));
    socket.on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });
}
