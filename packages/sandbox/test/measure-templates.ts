/**
 * Prints what a start from a template takes, beside one from the zygote with a load, in one run: `node packages/sandbox/test/measure-templates.ts
 * [runtime]`. Run it alone: it proves nothing. Sandboxes are made before the clock starts, as they are in the worker.
 */
import { fileURLToPath } from "node:url";
import type { RuntimeName } from "@zygo/contracts/names";
import { FrameType } from "@zygo/contracts/frames";
import { buildSync } from "esbuild";
import type { Sandbox } from "../src/ports.ts";
import { freezeTemplate, LIMITS, openTestHost, TestInstance } from "./open-host.ts";

const STARTS = 60;
const runtime = (process.argv[2] ?? "node24") as RuntimeName;
const limits = { ...LIMITS, memoryBytes: 256 * 2 ** 20 };

const bench = (name: string): string => fileURLToPath(new URL(`../../bench/src/functions/${name}.ts`, import.meta.url));
const bundle = (file: string): string =>
  buildSync({ entryPoints: [file], bundle: true, platform: "node", format: "cjs", minify: true, write: false }).outputFiles[0]!.text;

const test = openTestHost();
await test.host.startZygote(runtime);
await measure("hello", 'module.exports = { fetch: () => new Response("hello") };');
await measure("aws-sdk", bundle(bench("aws-sdk")));
await test.close();

async function measure(name: string, code: string): Promise<void> {
  const spec = { runtime, limits, hostname: "measured", layer: test.layer(code) };
  const begun = performance.now();
  const template = await freezeTemplate(test, spec);
  console.log(`${name} (${Math.round(code.length / 1024)} KiB): template ready in ${(performance.now() - begun).toFixed(0)} ms`);
  const ways = { template: [] as Start[], zygote: [] as Start[] };
  for (let at = 0; at < STARTS; at++) {
    ways.template.push(await start(await template.createSandbox(spec), false));
    ways.zygote.push(await start(await test.host.create(spec), true));
  }
  for (const [way, starts] of Object.entries(ways)) report(way, starts);
  await template.destroy();
}

interface Start {
  helloMs: number;
  answeredMs: number;
  cpuMs: number;
}

async function start(sandbox: Sandbox, loads: boolean): Promise<Start> {
  const begun = performance.now();
  const instance = new TestInstance(await sandbox.fork());
  await instance.next(FrameType.hello);
  const helloMs = performance.now() - begun;
  if (loads) await instance.load();
  await instance.call();
  const answeredMs = performance.now() - begun;
  const { cpuMs } = await sandbox.destroy();
  return { helloMs, answeredMs, cpuMs };
}

function report(way: string, starts: Start[]): void {
  const at = (pick: (start: Start) => number, share: number): string => {
    const sorted = starts.map(pick).sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length * share)]!.toFixed(2);
  };
  const line = (pick: (start: Start) => number): string => `p50 ${at(pick, 0.5)}  p95 ${at(pick, 0.95)} ms`;
  console.log(
    `  ${way.padEnd(8)} hello ${line((s) => s.helloMs)};  first answer ${line((s) => s.answeredMs)};  cpu p50 ${at((s) => s.cpuMs, 0.5)} ms`,
  );
}
