import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { HomePaths } from "@zygo/contracts";
import { LogFile } from "./log-file.ts";
import type { ServiceSpec } from "./service.ts";

const POLL_MS = 20;
const REPLY_MS = 1000;

/**
 * The platform's own Redis: on a Unix socket that only this user can open, every write in the append-only file within a second.
 * setpriv has the kernel kill it when the supervisor dies; the file survives that, since each write has reached the kernel.
 */
export function redisService(paths: HomePaths, lock: number): ServiceSpec {
  const config = join(paths.run, "redis.conf");
  writeFileSync(config, redisConfig(paths), { mode: 0o600 });
  return {
    name: "redis",
    command: ["setpriv", "--pdeathsig", "KILL", "redis-server", config],
    env: { PATH: process.env["PATH"] },
    log: new LogFile(join(paths.logs, "redis.log")),
    inherit: [lock],
    ready: (_child, signal) => answersPing(paths.redisSocket, signal),
    // A large append-only file takes its time to load.
    readyMs: 300_000,
    graceMs: 10_000,
  };
}

function redisConfig(paths: HomePaths): string {
  const lines: [directive: string, value: string][] = [
    ["port", "0"],
    ["unixsocket", paths.redisSocket],
    ["unixsocketperm", "700"],
    ["dir", paths.redisData],
    ["appendonly", "yes"],
    ["appendfsync", "everysec"],
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
