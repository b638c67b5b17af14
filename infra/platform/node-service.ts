import { once, type EventEmitter } from "node:events";
import { join } from "node:path";
import type { HomePaths } from "@zygo/contracts";
import { LogFile } from "./log-file.ts";
import type { ServiceSpec } from "./service.ts";

const READY_MS = 60_000;
/** The third of those it inherits, after the three standard ones. */
const LISTEN_AT = 5;

export interface NodeServiceOptions {
  name: string;
  /** Its main file. */
  main: string;
  /** Tells the processes of one service apart. */
  slot: number;
  env: Record<string, string>;
  graceMs: number;
  /** Descriptor that holds FN_HOME. */
  lock: number;
  /** The gateways' listening socket. */
  listenFd: number | undefined;
}

/**
 * A service of ours. It says `{ready: true}` on its IPC channel, and ends when that channel closes: so nothing outlives a supervisor
 * that was killed. Of the platform's variables it sees only those in `env`.
 */
export function nodeService(paths: HomePaths, options: NodeServiceOptions): ServiceSpec {
  const { name, main, slot, env, graceMs, lock, listenFd } = options;
  const title = slot === 0 ? name : `${name}-${slot}`;
  return {
    name: title,
    command: [process.execPath, main],
    env: { ...foreignVariables(), ...env, ...(listenFd !== undefined && { FN_LISTEN_FD: String(LISTEN_AT) }) },
    log: new LogFile(join(paths.logs, `${title}.log`)),
    inherit: listenFd === undefined ? ["ipc", lock] : ["ipc", lock, listenFd],
    ready: saysReady,
    readyMs: READY_MS,
    graceMs,
  };
}

/** @throws AbortError */
async function saysReady(child: EventEmitter, signal: AbortSignal): Promise<void> {
  for (;;) {
    const [message] = (await once(child, "message", { signal })) as [unknown];
    if (typeof message === "object" && message !== null && "ready" in message && message.ready === true) return;
  }
}

/** The environment without the platform's own variables and npm's. */
export function foreignVariables(): Record<string, string | undefined> {
  const own = (name: string): boolean => name.startsWith("FN_") || name.startsWith("npm_") || name === "REDIS_URL";
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !own(name)));
}
