import { closeSync, writeSync } from "node:fs";
import type { ForkAddon } from "./addon.ts";
import { CHECKS } from "./checks.ts";
import { renewIdentity } from "./identity.ts";
import { renewRandomness } from "./randomness.ts";

export interface CheckResult {
  name: string;
  ok: boolean;
  detail?: string;
}
export interface SelfTest {
  ok: boolean;
  checks: CheckResult[];
}

const CHILDREN = 3;
const TIMEOUT_MS = 5000;

/**
 * Forks children of this zygote and has them do what functions do. In a child this never returns: it ends the process.
 * In the parent: every check of every child, and that no two children drew the same random value.
 */
export function selfTest(addon: ForkAddon): SelfTest | "child" {
  const reports: { checks: CheckResult[]; random: string[] }[] = [];
  for (let child = 0; child < CHILDREN; child++) {
    const { pid, fd } = addon.forkCheck();
    if (pid === 0) {
      void runChecks(addon, fd);
      return "child";
    }
    const text = addon.collect(pid, fd, TIMEOUT_MS);
    if (text === null) return { ok: false, checks: [{ name: "fork", ok: false, detail: "a forked child crashed or hung" }] };
    reports.push(JSON.parse(text) as (typeof reports)[number]);
  }
  const checks = summarise(reports.map((report) => report.checks));
  const drawn = reports.flatMap((report) => report.random);
  checks.push({ name: "random values differ", ok: new Set(drawn).size === drawn.length });
  return { ok: checks.every((check) => check.ok), checks };
}

function summarise(runs: CheckResult[][]): CheckResult[] {
  return (runs[0] ?? []).map(({ name }, at) => runs.map((run) => run[at]).find((check) => check?.ok === false) ?? { name, ok: true });
}

async function runChecks(addon: ForkAddon, fd: number): Promise<void> {
  renewIdentity(addon.pid());
  renewRandomness();
  const checks: CheckResult[] = [];
  for (const [name, check] of CHECKS) {
    try {
      await check();
      checks.push({ name, ok: true });
    } catch (error) {
      checks.push({ name, ok: false, detail: String(error) });
    }
  }
  const random = [String(Math.random()), globalThis.crypto.randomUUID(), drawBytes()];
  writeSync(fd, JSON.stringify({ checks, random }));
  closeSync(fd);
  addon.exit(0);
}

function drawBytes(): string {
  return Buffer.from(globalThis.crypto.getRandomValues(new Uint8Array(16))).toString("hex");
}
