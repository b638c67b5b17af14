import { spawnSync } from "node:child_process";
import { availableParallelism, cpus, loadavg, release, totalmem } from "node:os";
import { CHECKOUT } from "@zygo/testkit";
import type { Peer } from "./peers/peer.ts";
import type { Environment } from "./result.ts";

/** Notes the machine and everything that runs in this benchmark; `finish` adds how long it took and how busy the machine was then. */
export function observeEnvironment(peers: readonly Peer[], wrk: string | undefined): { finish(): Environment } {
  const startedAt = new Date();
  const loadBefore = loadavg()[0] ?? NaN;
  const versions = Object.fromEntries([
    ["Zygo", commit()],
    ["Node of Zygo", process.versions.node],
    ...peers.map(({ label, version }) => [label, version]),
  ]) as Record<string, string>;
  return {
    finish: () => ({
      startedAt: startedAt.toISOString(),
      elapsedMs: Date.now() - startedAt.getTime(),
      machine: `${cpus()[0]?.model.trim() ?? "unknown CPU"}, ${Math.round(totalmem() / 2 ** 30)} GiB`,
      cores: availableParallelism(),
      kernel: `Linux ${release()}`,
      loadBefore,
      loadAfter: loadavg()[0] ?? NaN,
      versions,
      loadGenerator: wrk === undefined ? "the benchmark's own process" : `wrk ${wrk}`,
    }),
  };
}

/** Of the checkout; "unknown" where there is no git. */
function commit(): string {
  const { status, stdout } = spawnSync("git", ["describe", "--always", "--dirty"], { cwd: CHECKOUT, encoding: "utf8", timeout: 10_000 });
  return status === 0 ? stdout.trim() : "unknown";
}
