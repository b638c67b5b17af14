import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { decodeJson, encodeHead, encodeJson, FLAG_END, FrameDecoder, FrameType, decodeHead } from "@zygo/contracts/frames";
import type { RuntimeName } from "@zygo/contracts/names";
import { KernelHost } from "../src/kernel-host.ts";
import type { InstanceProcess, Sandbox, SandboxHostOptions, SandboxLimits, Template, TemplateSpec } from "../src/ports.ts";

export const LIMITS: SandboxLimits = {
  memoryBytes: 128 * 2 ** 20,
  cpu: 1,
  pids: 64,
  tmpBytes: 8 * 2 ** 20,
  tmpFiles: 1000,
  openFiles: 1024,
  diskBytesPerSecond: 2 ** 30,
};

export interface TestHost {
  host: KernelHost;
  /** Names its cgroups. */
  name: string;
  logs: string[];
  /** A layer directory whose app/main.cjs is `code`. */
  layer(code: string): string;
  close(): Promise<void>;
}

/** Another build of the native programs: `npm run test:sanitize`. */
const NATIVE = process.env["FN_TEST_NATIVE"];

let hosts = 0;

export function openTestHost(extra: Partial<SandboxHostOptions> = {}): TestHost {
  const home = mkdtempSync(join(tmpdir(), "zygo-host-"));
  const name = `test-${process.pid}-${++hosts}`;
  const logs: string[] = [];
  const base = (runtime: RuntimeName): string => fileURLToPath(new URL(`../../../build/base/${runtime}`, import.meta.url));
  const host = new KernelHost({
    name,
    runDir: join(home, "run"),
    layersDir: join(home, "layers"),
    bases: { node22: base("node22"), node24: base("node24"), node26: base("node26") },
    onLog: (line) => logs.push(line),
    ...(NATIVE !== undefined && { nativeDir: NATIVE }),
    ...extra,
  });
  let layers = 0;
  return {
    host,
    name,
    logs,
    layer(code) {
      const dir = join(home, "layers", `layer${++layers}`);
      mkdirSync(join(dir, "app"), { recursive: true });
      writeFileSync(join(dir, "app", "main.cjs"), code);
      return dir;
    },
    async close() {
      await host.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Speaks frames with one instance. */
export class TestInstance {
  readonly process: InstanceProcess;
  readonly #waiting: ((frame: { type: number; json: unknown; body: Buffer }) => boolean)[] = [];

  constructor(process: InstanceProcess) {
    this.process = process;
    const decoder = new FrameDecoder((frame) => {
      const isHead = frame.type === FrameType.response;
      const { head, body } = isHead ? decodeHead(frame.payload) : { head: undefined, body: Buffer.alloc(0) };
      const json = isHead ? head : frame.type === FrameType.body || frame.payload.length === 0 ? undefined : decodeJson(frame.payload);
      const message = { type: frame.type, json, body: Buffer.from(body) };
      const at = this.#waiting.findIndex((wants) => wants(message));
      if (at >= 0) this.#waiting.splice(at, 1);
    });
    process.channel.on("data", (chunk) => decoder.push(chunk));
  }

  /** The next frame of one of these types; rejects when the channel closes first. */
  next(...types: number[]): Promise<{ type: number; json: unknown; body: Buffer }> {
    return new Promise((resolve, reject) => {
      this.#waiting.push((frame) => types.includes(frame.type) && (resolve(frame), true));
      this.process.channel.once("close", () => reject(new Error("the channel closed")));
    });
  }

  async load(env: Record<string, string> = {}, memoryBytes = LIMITS.memoryBytes): Promise<unknown> {
    const loaded = this.next(FrameType.loaded);
    const payload = { function: "test", version: "v1", file: "/app/main.cjs", format: "cjs", env, hasSourceMap: false };
    this.process.channel.write(encodeJson(FrameType.load, 0, { ...payload, memoryBytes, hostname: "test" }));
    return (await loaded).json;
  }

  /** Body of the answer of one small request, as text. */
  async call(path = "/"): Promise<string> {
    const answer = this.next(FrameType.response, FrameType.failure);
    const head = {
      requestId: "r",
      method: "GET",
      url: `http://test${path}`,
      headers: [],
      deadlineMs: Date.now() + 10_000,
      attempt: 1,
      trigger: "http",
    };
    this.process.channel.write(encodeHead(FrameType.request, 1, head, Buffer.alloc(0), FLAG_END));
    const frame = await answer;
    if (frame.type === FrameType.failure) throw new Error(JSON.stringify(frame.json));
    return frame.body.toString();
  }
}

/** A template of the version in `layer`, loaded and frozen. */
export async function freezeTemplate(test: TestHost, spec: TemplateSpec, env: Record<string, string> = {}): Promise<Template> {
  const template = await test.host.startTemplate(spec);
  const process = new TestInstance(template.process);
  await process.next(FrameType.hello);
  const loaded = await process.load(env);
  if ((loaded as { ok: boolean }).ok !== true) throw new Error(`it was not loaded: ${JSON.stringify(loaded)}`);
  const frozen = await template.freeze();
  if (!frozen.ok) throw new Error(`it cannot be forked: ${frozen.reasons.join("; ")}`);
  return template;
}

/** Forks, waits for hello, loads. */
export async function startInstance(sandbox: Sandbox): Promise<TestInstance> {
  const instance = new TestInstance(await sandbox.fork());
  await instance.next(FrameType.hello);
  return instance;
}
