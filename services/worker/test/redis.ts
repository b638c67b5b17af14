import { spawn } from "node:child_process";
import { createConnection } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A Redis of its own on a socket in `directory`. */
export async function startRedis(directory: string): Promise<{ url: string; stop: () => Promise<void> }> {
  const url = join(directory, "redis.sock");
  const server = spawn("redis-server", ["--port", "0", "--unixsocket", url, "--save", "", "--appendonly", "no", "--dir", directory], {
    stdio: "ignore",
  });
  const ended = new Promise<void>((resolve) => server.once("exit", () => resolve()));
  for (let tries = 0; !(await reachable(url)); tries++) {
    if (tries > 200) throw new Error("redis-server does not start");
    await sleep(25);
  }
  return {
    url,
    stop: async () => {
      server.kill();
      await ended;
    },
  };
}

function reachable(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ path });
    socket.once("connect", () => resolve((socket.destroy(), true)));
    socket.once("error", () => resolve(false));
  });
}
