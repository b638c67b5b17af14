/**
 * Runs attacks in sandboxes of which something was left out. It is started by controls.ts inside namespaces of its own, which are thrown away:
 * what succeeds here does so there. Reads ControlTask[] on standard input, writes ControlResult on standard output.
 */
import { json } from "node:stream/consumers";
import { LIMITS, openTestHost, startInstance, type TestHost } from "../../../sandbox/test/open-host.ts";
import type { Control } from "./case.ts";

export interface ControlTask {
  id: string;
  /** The function, bundled. */
  code: string;
  target: string;
  without: readonly string[];
  limits: Extract<Control, { without: readonly string[] }>["limits"];
}

export interface ControlPlan {
  /** Programs and a base layer that can leave steps out. */
  nativeDir: string;
  base: string;
  tasks: ControlTask[];
}

/** Case → what the attack got; `ended: …` when its process did. */
export type ControlResult = Record<string, string>;

const { nativeDir, base, tasks } = (await json(process.stdin)) as ControlPlan;
const result: ControlResult = {};
for (const without of new Set(tasks.map((task) => task.without.join(",")))) {
  await runAll(
    without,
    tasks.filter((task) => task.without.join(",") === without),
  );
}
process.stdout.write(JSON.stringify(result));

async function runAll(without: string, tasks: readonly ControlTask[]): Promise<void> {
  const test = openTestHost({ nativeDir, bases: { node24: base }, failAt: `skip:${without}` });
  try {
    await test.host.startZygote("node24");
    const layers = new Map([...new Set(tasks.map(({ code }) => code))].map((code) => [code, test.layer(code)]));
    for (const task of tasks) result[task.id] = await attack(test, task, layers.get(task.code)!);
  } finally {
    await test.close();
  }
}

async function attack(test: TestHost, task: ControlTask, layer: string): Promise<string> {
  const sandbox = await test.host.create({ runtime: "node24", hostname: "control", layer, limits: { ...LIMITS, ...task.limits } });
  try {
    const instance = await startInstance(sandbox);
    await instance.load();
    const answer = JSON.parse(await instance.call(`/${task.target}`)) as { outcome: string };
    return answer.outcome;
  } catch (error) {
    return `ended: ${String(error)}`;
  } finally {
    await sandbox.destroy();
  }
}
