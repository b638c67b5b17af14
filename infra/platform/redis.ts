import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { HomePaths } from "@zygo/contracts";
import { LogFile } from "./log-file.ts";
import type { ServiceSpec } from "./service.ts";

const POLL_MS = 20;
const REPLY_MS = 1000;

/** One of the platform's two: where it listens, where its file is, and when that is flushed to the disk. */
interface RedisPlace {
  name: "redis" | "jobs";
  socket: string;
  data: string;
  appendfsync: "always" | "everysec";
}

/** State, logs and the sync lane: every write is in the kernel's hands when it is answered, on disk within a second. */
export const stateRedis = (paths: HomePaths): RedisPlace => ({
  name: "redis",
  socket: paths.redisSocket,
  data: paths.redisData,
  appendfsync: "everysec",
});

/** The async lane, apart so that its flushes (1-2 ms each) do not hold up the sync lane: on disk before it is answered. */
export const jobsRedis = (paths: HomePaths, durability: "fsync" | "kernel"): RedisPlace => ({
  name: "jobs",
  socket: paths.jobsRedisSocket,
  data: paths.jobsRedisData,
  appendfsync: durability === "fsync" ? "always" : "everysec",
});

/**
 * A Redis of the platform's own: on a Unix socket that only this user can open, with an append-only file and no limit on memory.
 * setpriv has the kernel kill it when the supervisor dies; the file survives that, since each write has reached the kernel.
 */
export function redisService(paths: HomePaths, lock: number, place: RedisPlace): ServiceSpec {
  const config = join(paths.run, `${place.name}.conf`);
  writeFileSync(config, redisConfig(place), { mode: 0o600 });
  return {
    name: place.name,
    command: ["setpriv", "--pdeathsig", "KILL", "redis-server", config],
    env: { PATH: process.env["PATH"] },
    log: new LogFile(join(paths.logs, `${place.name}.log`)),
    inherit: [lock],
    ready: (_child, signal) => answersPing(place.socket, signal),
    // A large append-only file takes its time to load.
    readyMs: 300_000,
    graceMs: 10_000,
  };
}

function redisConfig({ socket, data, appendfsync }: RedisPlace): string {
  const lines: [directive: string, value: string][] = [
    ["port", "0"],
    ["unixsocket", socket],
    ["unixsocketperm", "700"],
    ["dir", data],
    ["appendonly", "yes"],
    ["appendfsync", appendfsync],
    // The append-only file is the only one needed.
    ["save", ""],
    // Work that is accepted is never thrown out to make room.
    ["maxmemory-policy", "noeviction"],
    ["daemonize", "no"],
  ];
  return lines.map(([directive, value]) => `${directive} ${JSON.stringify(value)}\n`).join("");
}

/** Asks until it answers +PONG; while it loads its file it answers -LOADING. @throws AbortError */
async function answersPing(socketPath: string, signal: AbortSignal): Promise<void> {
  while (!(await ping(socketPath)).startsWith("+PONG")) await sleep(POLL_MS, undefined, { signal });
}

/** The first bytes of the answer to PING; empty when there is none. */
async function ping(socketPath: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(socketPath, () => socket.write("PING\r\n"));
    socket.setTimeout(REPLY_MS, () => socket.destroy());
    socket.once("data", (bytes: Buffer) => {
      resolve(bytes.toString("latin1"));
      socket.destroy();
    });
    socket.once("error", () => socket.destroy()).once("close", () => resolve(""));
  });
}
