import { createHash } from "node:crypto";
import { join } from "node:path";

/** Unix socket paths hold 107 bytes; the longest name below `run` takes 24 of them. */
const LONGEST_RUN_DIR = 80;

export interface HomePaths {
  home: string;
  /** Sockets and pid files, 0700. Below /tmp when FN_HOME is too long for a socket path. */
  run: string;
  /** `{url, apiKey}`, 0600: what the CLI reads. */
  credentials: string;
  /** Shared secret of the services on this machine, 0600, hex. */
  linkSecret: string;
  /** Key with which stored secrets are encrypted, 0600, 32 bytes in hex. Lost, they are lost: it belongs into backups. */
  secretsKey: string;
  redisSocket: string;
  redisData: string;
  /** A Redis of its own for the async lane: it writes each job to disk before it says that it has it. */
  jobsRedisSocket: string;
  jobsRedisData: string;
  controlSocket: string;
  /** Gateway's listener for worker links. */
  gatewaySocket: string;
  /** The worker's own HTTP API for control. */
  workerSocket: string;
  /** OCI image layout. */
  artifacts: string;
  /** Bodies of asynchronous invocations that are too large for Redis. */
  payloads: string;
  /** Unpacked function layers, `<hex digest>/app/…`. */
  layers: string;
  /** Images of volumes, `<tenant>/<name>.img`: what functions keep. */
  volumes: string;
  /** One log file a service. */
  logs: string;
}

/**
 * Where everything lives below FN_HOME. Pure: creates nothing.
 *
 * @param slot tells the processes of one service apart: each has sockets of its own, the first one (0) those without a number
 */
export function homePaths(home: string, slot = 0): HomePaths {
  const numbered = (name: string): string => (slot === 0 ? `${name}.sock` : `${name}-${slot}.sock`);
  const inside = join(home, "run");
  const run =
    Buffer.byteLength(inside) <= LONGEST_RUN_DIR ? inside : `/tmp/fn-${createHash("sha256").update(home).digest("hex").slice(0, 16)}`;
  return {
    home,
    run,
    credentials: join(home, "credentials.json"),
    linkSecret: join(home, "link-secret"),
    secretsKey: join(home, "secrets.key"),
    redisSocket: join(run, "redis.sock"),
    redisData: join(home, "redis"),
    jobsRedisSocket: join(run, "jobs.sock"),
    jobsRedisData: join(home, "jobs"),
    controlSocket: join(run, "control.sock"),
    gatewaySocket: join(run, numbered("gateway")),
    workerSocket: join(run, numbered("worker")),
    artifacts: join(home, "artifacts"),
    payloads: join(home, "payloads"),
    layers: join(home, "layers"),
    volumes: join(home, "volumes"),
    logs: join(home, "logs"),
  };
}
