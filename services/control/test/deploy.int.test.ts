import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { materialise } from "@zygo/artifacts";
import { DEFAULT_LIMITS } from "@zygo/contracts";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startControl, uploadOf, type Control } from "./control.ts";
import { loads } from "./scripted-worker.ts";

let control: Control;
beforeEach(async () => {
  control = await startControl();
});
afterEach(() => control.end());

const live = async (name = "hello"): Promise<string | undefined> => (await control.store.find(name))?.aliases["live"];

test("a deploy stores, probes, records and makes live what was uploaded", async () => {
  control.worker.script = () => loads({ memoryMb: 256, timeoutMs: 5000 });
  const meta = { format: "cjs" as const, entry: "src/hello.ts", env: { GREETING: "hi" }, overrides: { timeoutMs: 7000 } };
  const result = await control.client.deploy({ name: "hello", meta, bundle: "exports.a = 1", sourceMap: '{"version":3}' });

  const limits = { ...DEFAULT_LIMITS, memoryMb: 256, timeoutMs: 7000 };
  const startup = { totalMs: 5.5, loadMs: 1.25 };
  expect(result).toEqual({
    function: "hello",
    version: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as string,
    changed: true,
    url: "http://127.0.0.1:8080/fn/hello",
    bundleBytes: 13,
    startup,
    limits,
    handlers: ["fetch"],
  });
  expect(await live()).toBe(result.version);
  const record = await control.store.version("hello", result.version);
  expect(record).toMatchObject({ function: "hello", env: { GREETING: "hi" }, limits, startup, format: "cjs", entry: "src/hello.ts" });
  expect(control.worker.probes).toEqual([
    {
      function: "hello",
      version: result.version,
      layer: record?.layer,
      sourceMap: record?.sourceMap,
      dependencies: null,
      format: "cjs",
      env: { GREETING: "hi" },
      limits: { ...DEFAULT_LIMITS, timeoutMs: 7000 },
    },
  ]);
  const places = { artifacts: join(control.directory, "artifacts"), layers: join(control.directory, "layers") };
  const directory = await materialise({ ...places, layer: record?.layer ?? "", sourceMap: record?.sourceMap ?? null });
  expect(await readFile(join(directory, "app/main.cjs"), "utf8")).toBe("exports.a = 1");
});

test("the bundle reaches the disk byte for byte", async () => {
  const bundle = new Uint8Array(300_000).map((_, at) => (at * 7) % 256);
  const { version } = await control.client.deploy(uploadOf("", { bundle }));
  const record = await control.store.version("hello", version);
  const places = { artifacts: join(control.directory, "artifacts"), layers: join(control.directory, "layers") };
  const directory = await materialise({ ...places, layer: record?.layer ?? "", sourceMap: null });
  expect(new Uint8Array(await readFile(join(directory, "app/main.cjs")))).toEqual(bundle);
});

test("the same content again changes nothing and asks no worker", async () => {
  const first = await control.client.deploy(uploadOf("1"));
  const record = await control.store.find("hello");
  const again = await control.client.deploy(uploadOf("1"));
  expect(again).toEqual({ ...first, changed: false });
  expect(control.worker.probes).toHaveLength(1);
  expect(await control.store.find("hello")).toEqual(record);
});

test("a new environment, new flags or a new source map is a new version", async () => {
  const { version } = await control.client.deploy(uploadOf("1", { env: { A: "1" } }));
  const others = [
    uploadOf("1", { env: { A: "2" } }),
    uploadOf("1", { env: { A: "1" }, sourceMap: "{}" }),
    uploadOf("1", { meta: { format: "cjs", entry: "hello.ts", env: { A: "1" }, overrides: { cpu: 2 } } }),
  ];
  for (const other of others) expect((await control.client.deploy(other)).version).not.toBe(version);
});

test("a version that was live before comes back without a probe", async () => {
  const first = await control.client.deploy(uploadOf("1"));
  await control.client.deploy(uploadOf("2"));
  const back = await control.client.deploy(uploadOf("1"));
  expect(back).toEqual({ ...first, changed: true });
  expect(await live()).toBe(first.version);
  expect(control.worker.probes).toHaveLength(2);
});

test("a config that asks for another runtime or less memory is tried with them", async () => {
  control.worker.script = ({ limits }) =>
    ({ ...loads({ runtime: "node22", memoryMb: 64 }), handlers: [limits.runtime] }) as ReturnType<typeof loads>;
  const result = await control.client.deploy(uploadOf("1"));
  expect(control.worker.probes.map(({ limits }) => [limits.runtime, limits.memoryMb])).toEqual([
    ["node24", 128],
    ["node22", 64],
  ]);
  expect(result.handlers).toEqual(["node22"]);
  expect(result.limits).toMatchObject({ runtime: "node22", memoryMb: 64 });
});

test("flags win over the config, so that one probe is enough", async () => {
  control.worker.script = () => loads({ runtime: "node22" });
  await control.client.deploy(uploadOf("1", { meta: { format: "cjs", entry: "a.ts", overrides: { runtime: "node26" } } }));
  expect(control.worker.probes.map(({ limits }) => limits.runtime)).toEqual(["node26"]);
});

test("a bundle too large for the default memory may ask for more in its config", async () => {
  control.worker.script = ({ limits }) =>
    limits.memoryMb < 300 ? { ok: false, code: "FUNCTION_OOM", message: "out of memory" } : loads({ memoryMb: 512 });
  const result = await control.client.deploy(uploadOf("1"));
  expect(result.limits.memoryMb).toBe(512);
  expect(control.worker.probes.map(({ limits }) => limits.memoryMb)).toEqual([128, 1024, 512]);
});

test("concurrent deploys of one name go one after another, in order; of two names side by side", async () => {
  let running = 0;
  let most = 0;
  const finish: string[] = [];
  control.worker.script = async (probe) => {
    running += 1;
    most = Math.max(most, running);
    await sleep(30);
    running -= 1;
    finish.push(probe.function);
    return loads();
  };
  const results = await Promise.all(["1", "2", "3", "4"].map((text) => control.client.deploy(uploadOf(text))));
  expect(most).toBe(1);
  expect(await live()).toBe(results[3]?.version);
  expect(new Set(results.map((result) => result.version)).size).toBe(4);

  await Promise.all(["one", "two"].map((name) => control.client.deploy(uploadOf("x", { name }))));
  expect(most).toBe(2);
});

test("the same content deployed many times at once is probed once", async () => {
  const results = await Promise.all(Array.from({ length: 6 }, () => control.client.deploy(uploadOf("1"))));
  expect(results.filter((result) => result.changed)).toHaveLength(1);
  expect(control.worker.probes).toHaveLength(1);
});

test("more waiting deploys of one name than it takes are CONFLICT", async () => {
  control.worker.script = async () => {
    await sleep(200);
    return loads();
  };
  const all = await Promise.allSettled(Array.from({ length: 14 }, (_, number) => control.client.deploy(uploadOf(String(number)))));
  const refused = all.filter((each) => each.status === "rejected");
  expect(refused.length).toBeGreaterThan(0);
  for (const { reason } of refused) expect(reason).toMatchObject({ code: "CONFLICT" });
});
