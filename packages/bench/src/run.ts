import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { observeEnvironment } from "./environment.ts";
import { findPeers } from "./peers/find.ts";
import { Platforms } from "./platforms.ts";
import type { Plan } from "./plan.ts";
import { findProblems, isHealthy } from "./problems.ts";
import type { Progress } from "./progress.ts";
import type { BenchResult } from "./result.ts";
import { SECTIONS } from "./sections/registry.ts";
import type { Found, Section, Stage } from "./sections/section.ts";
import { judge } from "./target.ts";
import { findWrk } from "./wrk.ts";

interface Setting {
  plan: Plan;
  progress: Progress;
  signal: AbortSignal;
}

/**
 * Measures on platforms of its own, which it starts and stops. Needs root, as the platform does.
 * @throws the signal's reason; Error when a platform or a server does not start, or a function is not deployed. Nothing is left then.
 */
export async function runBench(setting: Setting): Promise<BenchResult> {
  const scratch = mkdtempSync(join(tmpdir(), "fn-bench-"));
  const platforms = new Platforms();
  try {
    return await measure(setting, platforms, scratch);
  } catch (error) {
    // Ctrl-C hits the platforms as well: what fails because of it is not the reason.
    setting.signal.throwIfAborted();
    throw error;
  } finally {
    setting.progress("stopping", 0, 0);
    await platforms.stop();
    rmSync(scratch, { recursive: true, force: true });
  }
}

const NOTHING = { startUp: [], spawnFloor: null, warm: [], soak: null, sustained: null, findings: [], deployed: [] };

async function measure(setting: Setting, platforms: Platforms, scratch: string): Promise<BenchResult> {
  const { name, samples, pauseMs, connections, sections, peers } = setting.plan;
  const { start, warm, missing } = peers ? await findPeers(scratch, setting.plan) : { start: [], warm: [], missing: [] };
  const wrk = findWrk();
  const environment = observeEnvironment([...start.filter(({ bundle }) => bundle === "hello"), ...warm], wrk);
  const chosen = SECTIONS.filter((section) => sections?.includes(section.name) ?? true);
  const common = { plan: setting.plan, signal: setting.signal, scratch, startPeers: start, warmPeers: warm, wrk: wrk !== undefined };
  let found: Required<Found> = NOTHING;
  for (const section of chosen) found = merge(found, await measureSection(section, { setting, platforms, common }));
  const measured = {
    plan: { name, samples, pauseMs, connections, sections: chosen.map((section) => section.name) },
    environment: environment.finish(),
    ...found,
    missing,
  };
  const targets = chosen.flatMap((section) => section.targets.map((target) => judge(section.name, target, measured)));
  return { ...measured, targets, problems: findProblems(measured), healthy: isHealthy(measured) };
}

async function measureSection(
  { name, on, measure: measureIt }: Section,
  { setting, platforms, common }: { setting: Setting; platforms: Platforms; common: Omit<Stage, "platforms" | "onStep"> },
): Promise<Found> {
  setting.signal.throwIfAborted();
  setting.progress(`${name}: preparing`, 0, 0);
  const running = await platforms.use(on, setting.plan);
  setting.signal.throwIfAborted();
  return measureIt({ ...common, platforms: running, onStep: (done, all) => setting.progress(name, done, all) });
}

/** Lists are joined, single members taken over. */
function merge(all: Required<Found>, found: Found): Required<Found> {
  const findings = [...all.findings, ...(found.findings ?? [])];
  return { ...all, ...found, findings, deployed: [...all.deployed, ...(found.deployed ?? [])] };
}
