import { readFileSync } from "node:fs";
import { join } from "node:path";
import { makeProject, startPlatform, waitFor, type Platform, type Project } from "@zygo/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectProblem } from "./expect-problem.ts";

const COUNTS = join(import.meta.dirname, "fixtures/counts.ts");

let platform: Platform;
let project: Project;
beforeAll(async () => {
  platform = await startPlatform({ env: { FN_POOL_SIZE: "1", FN_SPARES: "2" } });
  project = makeProject();
});
afterAll(async () => {
  project?.remove();
  await platform?.stop();
});

interface Counted {
  instance: string;
  served: number;
  start: string | null;
}

/** Deploys `counts` with a config of its own. */
async function deploy(config: object): Promise<void> {
  const source = `export const config = ${JSON.stringify(config)};\n${readFileSync(COUNTS, "utf8")}`;
  await platform.deploy(project.write("counts.ts", source));
}

async function call(query = ""): Promise<Counted> {
  const answer = await fetch(platform.at(`counts${query}`));
  return { ...((await answer.json()) as { instance: string; served: number }), start: answer.headers.get("x-fn-start") };
}

const atOnce = (count: number, query: string): Promise<Counted[]> => Promise.all(Array.from({ length: count }, () => call(query)));
const different = (calls: Counted[]): number => new Set(calls.map(({ instance }) => instance)).size;

describe("start kinds", () => {
  test("the first call gets an instance forked from the template that the deploy made, the next finds it hot", async () => {
    await platform.rest();
    await deploy({});
    const [first, second] = [await call(), await call()];
    expect([first.start, second.start, second.served]).toEqual(["template", "hot", 2]);
    expect(second.instance).toBe(first.instance);
  });

  test("a version in use has a spare: the next new instance was forked ahead", async () => {
    await deploy({ reuse: "never" });
    await call();
    const spares = async () => (await platform.templates()).find(({ function: name }) => name === "counts")?.spares ?? 0;
    await waitFor("a spare", async () => (await spares()) > 0, 10_000);
    expect((await call()).start).toBe("spare");
  });

  test("without a template, the first call takes a pooled instance", async () => {
    await platform.rest();
    await deploy({ template: false });
    expect((await call()).start).toBe("pool");
  });

  test("a module that holds a timer has no template, works, and the reason is on its version", async () => {
    await platform.deploy(project.write("ticks.ts", `setInterval(() => {}, 1000);\nexport default () => new Response("tick");\n`));
    const answer = await fetch(platform.at("ticks"));
    expect([await answer.text(), ["pool", "cold"].includes(answer.headers.get("x-fn-start") ?? "")]).toEqual(["tick", true]);
    const { forkClean } = (await platform.client.get("ticks")).live;
    expect(forkClean).toMatchObject({ ok: false, reasons: [expect.stringContaining("timer")] });
  });

  test("when the pool is empty, an instance is made from nothing: cold", async () => {
    await deploy({ idleTimeoutMs: 60_001, template: false });
    const starts = (await atOnce(4, "?ms=300")).map(({ start }) => start);
    expect(starts).toContain("cold");
    expect(starts.every((start) => start === "cold" || start === "pool" || start === "hot")).toBe(true);
  });
});

describe("how many instances", () => {
  test("calls at the same time get an instance each", async () => {
    await deploy({ idleTimeoutMs: 60_002 });
    expect(different(await atOnce(4, "?ms=1000"))).toBe(4);
  });

  test("concurrency lets one serve many", async () => {
    await deploy({ concurrency: 10 });
    await call();
    const calls = await atOnce(10, "?ms=300");
    expect([different(calls), Math.max(...calls.map(({ served }) => served))]).toEqual([1, 11]);
  });

  test("maxInstances makes the others wait their turn", async () => {
    await deploy({ maxInstances: 2 });
    expect(different(await atOnce(8, "?ms=50"))).toBe(2);
  });

  test("what is beyond the bound is shed at once and told when to come back", async () => {
    await deploy({ maxInstances: 1, timeoutMs: 1_000 });
    const answers = await Promise.all(Array.from({ length: 300 }, () => fetch(platform.at("counts?ms=5000"))));
    const shed = answers.filter(({ status }) => status === 503);
    expect(shed.length).toBeGreaterThan(0);
    expect(shed.map(({ headers }) => headers.get("retry-after"))).toEqual(shed.map(() => "1"));
    await expectProblem(shed[0] as Response, "OVERLOADED");
    expect(answers.filter(({ status }) => status !== 503 && status !== 504)).toEqual([]);
  });
});

describe("how long an instance lives", () => {
  test("reuse never: one invocation", async () => {
    await deploy({ reuse: "never" });
    const calls = [await call(), await call(), await call()];
    expect([different(calls), calls.map(({ served }) => served)]).toEqual([3, [1, 1, 1]]);
  });

  test("reuse 2: two invocations", async () => {
    await deploy({ reuse: 2 });
    const calls = [await call(), await call(), await call(), await call()];
    expect([different(calls), calls.map(({ served }) => served)]).toEqual([2, [1, 2, 1, 2]]);
  });

  test("an idle one is reaped after idleTimeoutMs", async () => {
    await deploy({ idleTimeoutMs: 300 });
    await call();
    const [instance] = await instancesOfLive();
    expect(instance?.state).toBe("idle");
    await waitFor("its end", async () => (await instancesOfLive()).length === 0, 5_000);
    expect((await call()).served).toBe(1);
  });

  test("those of an old version go soon after the new one is live", async () => {
    await deploy({ idleTimeoutMs: 60_003 });
    await call();
    const { live } = await platform.client.get("counts");
    await deploy({ idleTimeoutMs: 60_004 });
    const old = live.version.slice(7, 19);
    await waitFor("their end", async () => (await platform.instances()).every(({ version }) => version !== old), 5_000);
  });
});

async function instancesOfLive() {
  const { live } = await platform.client.get("counts");
  return (await platform.instances()).filter(({ version }) => version === live.version.slice(7, 19));
}
