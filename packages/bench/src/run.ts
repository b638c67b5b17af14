import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPlatform, type Platform } from "@zygo/testkit";
import { contenders, FUNCTIONS, functionAt, openWarmTargets, plain, PLAIN } from "./contenders.ts";
import { observeEnvironment } from "./environment.ts";
import { load } from "./load.ts";
import { startUpPeers, warmPeers, type Peers } from "./peers.ts";
import type { Plan } from "./plan.ts";
import { findProblems, isHealthy } from "./problems.ts";
import type { BenchResult, WarmSeries } from "./result.ts";
import { measureStartUp, spawnFloor } from "./start-up.ts";
import { summarise } from "./statistics.ts";
import { measureSustained } from "./sustained.ts";
import { measureWarm } from "./warm.ts";
import { findWrk } from "./wrk.ts";

/** Told what is going on. `all` 0: it has no countable parts. */
export type Progress = (phase: string, done: number, all: number) => void;

const NOBODY: Peers = { found: [], missing: [] };

interface Setting {
  plan: Plan;
  progress: Progress;
  signal: AbortSignal;
}

/**
 * Measures on platforms of its own, one with a pool and one without, which it starts and stops. Needs root, as the platform does.
 * @throws the signal's reason; Error when a platform or a server does not start, or a function is not deployed. Nothing is left then.
 */
export async function runBench(setting: Setting): Promise<BenchResult> {
  const scratch = mkdtempSync(join(tmpdir(), "fn-bench-"));
  const platforms: Platform[] = [];
  try {
    setting.progress("starting two platforms", 0, 0);
    // One after the other: what is started is known, and stopped whatever comes.
    platforms.push(await startPlatform());
    setting.signal.throwIfAborted();
    platforms.push(await startPlatform({ env: { FN_POOL_SIZE: "0", FN_SPARES: "2" } }));
    const [pooled, poolless] = platforms as [Platform, Platform];
    return await measure({ ...setting, pooled, poolless, scratch });
  } catch (error) {
    // Ctrl-C hits the platforms as well: what fails because of it is not the reason.
    setting.signal.throwIfAborted();
    throw error;
  } finally {
    setting.progress("stopping", 0, 0);
    await Promise.all(platforms.map((platform) => platform.stop()));
    rmSync(scratch, { recursive: true, force: true });
  }
}

interface Stage extends Setting {
  pooled: Platform;
  poolless: Platform;
  scratch: string;
}

async function measure(stage: Stage): Promise<BenchResult> {
  const { plan, progress, signal, pooled, poolless } = stage;
  const peers = plan.peers ? startUpPeers(stage.scratch) : NOBODY;
  const wrk = findWrk();
  const environment = observeEnvironment([...peers.found, ...(plan.peers ? warmPeers().found : [])], wrk);
  progress("deploying", 0, 0);
  const deployed = await deploy(pooled);
  signal.throwIfAborted();
  await deploy(poolless);
  const startUp = await measureStartUp(contenders(stage, peers.found), {
    ...plan,
    signal,
    onRound: (done, all) => progress("start-up", done, all),
  });
  const floor = summarise(await spawnFloor(plan.samples));
  const warm = await measureWarmAll(stage, wrk !== undefined);
  progress(`${plan.soakRequests} invocations`, 0, 0);
  const soaked = await load(functionAt(pooled, "hello-shared"), { connections: plan.connections, requests: plan.soakRequests }, signal);
  const soak = { requests: plan.soakRequests, connections: plan.connections, errors: soaked.errors, elapsedMs: soaked.elapsedMs };
  progress(`a new sandbox for each request, ${plan.sustainMs / 1000} s`, 0, 0);
  const sustained = await measureSustained(pooled, "/fn/hello-new/", {
    connections: plan.sustainConnections,
    durationMs: plan.sustainMs,
    signal,
  });
  const { name, samples, pauseMs, connections } = plan;
  const result = {
    plan: { name, samples, pauseMs, connections },
    environment: environment.finish(),
    ...{ startUp, spawnFloor: floor, warm, soak, sustained, deployed, missing: peers.missing },
  };
  return { ...result, problems: findProblems(result), healthy: isHealthy(result) };
}

async function deploy(platform: Platform): Promise<BenchResult["deployed"]> {
  const fileOf = (name: string): string => join(import.meta.dirname, "functions", `${name}.ts`);
  const deployed = await platform.deployAll(FUNCTIONS.map(fileOf));
  for (const name of PLAIN) await platform.deploy(fileOf(name), "--name", plain(name), "--no-template");
  return deployed.map((each) => ({ name: each.function, bundleBytes: each.bundleBytes, deployMs: each.totalMs }));
}

async function measureWarmAll({ plan, progress, signal, pooled }: Stage, wrk: boolean): Promise<WarmSeries[]> {
  const { targets, stop } = await openWarmTargets(pooled, plan.peers ? warmPeers().found : []);
  const amount = { rounds: plan.warmRounds, requests: plan.warmRequests, durationMs: plan.warmMs, connections: plan.connections };
  try {
    return await measureWarm(targets, { ...amount, wrk, signal, onRound: (done, all) => progress("warm", done, all) });
  } finally {
    await stop();
  }
}
