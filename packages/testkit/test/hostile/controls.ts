/** The controls of hostile cases: the same functions in sandboxes of which a step was left out, inside namespaces that are thrown away. */
import { execFile, execFileSync } from "node:child_process";
import { copyFileSync, cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CHECKOUT, example } from "@zygo/testkit";
import { bundle } from "../../../bundle/src/index.ts";
import { functionOf, HOSTILE_FUNCTIONS, HOSTILE_CASES, targetOf } from "./all-cases.ts";
import type { ControlPlan, ControlResult, ControlTask } from "./control-runner.ts";

const NATIVE = join(CHECKOUT, "native");
const CONTROLS = join(NATIVE, "build", "controls");
const RUNNER = join(import.meta.dirname, "control-runner.ts");
const OUTER = ["--mount", "--pid", "--ipc", "--uts", "--net", "--fork", "--kill-child", "--mount-proc"];
const BUILD_MS = 300_000;
const BUNDLE_MS = 60_000;
const RUN_MS = 120_000;

/** Runs them all. Needs root and a compiler. @returns case → what its attack got */
export async function runControls(): Promise<ControlResult> {
  buildControls();
  const scratch = mkdtempSync(join(tmpdir(), "fn-controls-"));
  try {
    return await inOuter({ nativeDir: CONTROLS, base: baseLayer(scratch), tasks: await tasks() });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function buildControls(): void {
  const headers = (name: string): string => join(CHECKOUT, "node_modules", name);
  const variables = [`NODE_API_INCLUDE=${headers("node-api-headers/include")}`, `NODE_ADDON_INCLUDE=${headers("node-addon-api")}`];
  execFileSync("make", ["-C", NATIVE, "-j2", "controls", ...variables], { timeout: BUILD_MS, stdio: ["ignore", "ignore", "inherit"] });
}

/** The base layer, but with a fork point that can leave steps out. */
function baseLayer(scratch: string): string {
  const base = join(scratch, "base");
  cpSync(join(CHECKOUT, "build/base/node24"), base, { recursive: true, verbatimSymlinks: true });
  copyFileSync(join(CONTROLS, "lib/fork.node"), join(base, "usr/lib/fn/fork.node"));
  return base;
}

async function tasks(): Promise<ControlTask[]> {
  const signal = AbortSignal.timeout(BUNDLE_MS);
  const bundled = HOSTILE_FUNCTIONS.map(async (name) => {
    const { code } = await bundle({ entry: example(`hostile/${name}`), signal });
    return [name, Buffer.from(code).toString("utf8")] as const;
  });
  const codes = new Map(await Promise.all(bundled));
  return HOSTILE_CASES.flatMap(({ id, control }) => {
    if ("none" in control) return [];
    return [{ id, code: codes.get(functionOf(id))!, target: targetOf(id), without: control.without, limits: control.limits }];
  });
}

function inOuter(plan: ControlPlan): Promise<ControlResult> {
  return new Promise((resolve, reject) => {
    const options = { timeout: RUN_MS, killSignal: "SIGKILL", maxBuffer: 2 ** 24 } as const;
    const child = execFile("unshare", [...OUTER, process.execPath, RUNNER], options, (error, stdout, stderr) => {
      if (error) reject(new Error(`${error.message}\n${stderr}`));
      else resolve(JSON.parse(stdout) as ControlResult);
    });
    child.stdin!.end(JSON.stringify(plan));
  });
}
