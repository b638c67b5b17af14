import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Limits, ProbeResult } from "@zygo/contracts";
import { startPlatform, type Platform, type TestFunction } from "./platform.ts";

const COUNTS = `let n = 0; exports.fetch = () => new Response(String(++n));`;

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ poolSize: 1 });
}, 30_000);
afterAll(() => platform.close(), 30_000);

const templates = () => platform.worker.dispatcher.starter.templates;
const viewOf = ({ function: name }: TestFunction) =>
  templates()
    .list()
    .find((view) => view.function === name);
const ready = (to: TestFunction) => expect.poll(() => viewOf(to)?.state, { timeout: 10_000 }).toBe("ready");
const kind = async (to: TestFunction) => (await platform.call(to)).head?.start;

/** Deploys, and probes as control does before it moves the alias. */
async function probed(name: string, source: string, limits: Partial<Limits> = {}): Promise<TestFunction & { result: ProbeResult }> {
  const deployed = await platform.deploy(name, source, limits);
  const record = (await platform.store.version(name, deployed.version))!;
  const { layer, sourceMap, format, env } = record;
  const body = JSON.stringify({ ...deployed, layer, sourceMap, format, env, limits: record.limits });
  const text = await new Promise<string>((resolve, reject) => {
    const call = request({ socketPath: platform.socket, path: "/probe", method: "POST" }, (response) => {
      let said = "";
      response.on("data", (chunk: Buffer) => (said += chunk.toString())).on("end", () => resolve(said));
    });
    call.on("error", reject);
    call.end(body);
  });
  return { ...deployed, result: JSON.parse(text) as ProbeResult };
}

describe("start kinds", () => {
  test("a version that was probed has its template: its first instance is forked from it, and so is each new one", async () => {
    const to = await probed("probed", COUNTS, { reuse: "never" });
    expect(to.result).toMatchObject({ ok: true, forkClean: { ok: true } });
    expect([await kind(to), viewOf(to)?.state]).toEqual(["template", "ready"]);
  });

  test("an active version has spares: they are claimed, not made", async () => {
    const to = await probed("active", COUNTS, { reuse: "never" });
    await kind(to);
    await expect.poll(() => viewOf(to)?.spares, { timeout: 10_000 }).toBeGreaterThan(0);
    expect(await platform.call(to)).toMatchObject({ head: { start: "spare", timing: { init: 0 } }, body: "1" });
  });

  test("without a probe the first is from the pool, and a template is made behind it", async () => {
    const to = await platform.deploy("unprobed", COUNTS, { reuse: "never" });
    expect(await kind(to)).toBe("pool");
    await ready(to);
    expect(["template", "spare"]).toContain(await kind(to));
  });

  test("scaled to zero, the template is kept: the next start is from it", async () => {
    const to = await probed("zero", COUNTS, { idleTimeoutMs: 50 });
    await kind(to);
    await expect.poll(() => platform.worker.dispatcher.rooms.find(to.function, to.version)?.instances.size).toBe(0);
    expect(viewOf(to)?.state).toBe("ready");
    expect(["template", "spare"]).toContain(await kind(to));
  });
});

test("a burst of 200 first calls makes one template, and all are answered", { timeout: 60_000 }, async () => {
  const to = await platform.deploy("burst", COUNTS, { reuse: "never", maxInstances: 16 });
  const answers = await Promise.all(Array.from({ length: 200 }, () => platform.call(to, { deadlineMs: Date.now() + 50_000 })));
  expect(answers.filter(({ body }) => body !== "1")).toEqual([]);
  const kinds = answers.map(({ head }) => head?.start);
  expect(kinds.filter((start) => start === "template" || start === "spare").length).toBeGreaterThan(180);
  expect(kinds).not.toContain("cold");
});

test("a template that is killed under load is replaced, and nobody's request fails for it", { timeout: 60_000 }, async () => {
  const to = await probed("mortal", COUNTS, { reuse: "never", maxInstances: 8 });
  let killed = 0;
  let answered = 0;
  const wrong: unknown[] = [];
  const caller = async (): Promise<void> => {
    while (answered < 300) {
      const answer = await platform.call(to, { deadlineMs: Date.now() + 20_000 });
      if (answer.body !== "1") wrong.push(answer);
      if (++answered % 60 === 0) killed += killTemplate(to);
    }
  };
  await Promise.all(Array.from({ length: 4 }, caller));
  expect([wrong, killed > 0]).toEqual([[], true]);
  await ready(to);
});

/** @returns how many: one, or none while it is being made anew. */
function killTemplate(to: TestFunction): number {
  const pid = viewOf(to)?.pid;
  if (pid === undefined) return 0;
  process.kill(pid, "SIGKILL");
  return 1;
}

describe("a version that may have no template", () => {
  test("for what it holds once loaded: it serves all the same, and the reason is told", async () => {
    const to = await probed("ticks", `setInterval(() => {}, 1000); ${COUNTS}`);
    expect(to.result).toMatchObject({ ok: true, forkClean: { ok: false, reasons: [expect.stringContaining("timer")] } });
    expect(["pool", "cold"]).toContain(await kind(to));
    expect(viewOf(to)).toMatchObject({ state: "unfit", spares: 0 });
  });

  test("because its config says so", async () => {
    const to = await probed("without", COUNTS, { template: false });
    expect([(to.result as { forkClean?: unknown }).forkClean, viewOf(to)]).toEqual([undefined, undefined]);
    expect(["pool", "cold"]).toContain(await kind(to));
    const own = await probed("own-config", `exports.config = { template: false }; ${COUNTS}`);
    expect((own.result as { forkClean?: unknown }).forkClean).toBeUndefined();
  });
});

describe("the warm-up request", () => {
  test("is handled once, before the template freezes: every instance is behind it", async () => {
    const to = await probed("warmed", COUNTS, { warmup: "/ready", reuse: "never" });
    expect((await platform.call(to)).body).toBe("2");
    expect((await platform.call(to)).body).toBe("2");
  });

  test("that fails costs the version its template, not its life", async () => {
    const to = await probed(
      "chilled",
      `exports.fetch = (r) => { if (r.url.endsWith("/x")) throw new Error("no"); return new Response("ok"); };`,
      {
        warmup: "/x",
      },
    );
    expect(to.result).toMatchObject({ ok: true, forkClean: { ok: false, reasons: [expect.stringContaining("/x failed")] } });
    expect((await platform.call(to)).body).toBe("ok");
  });
});

test("afterFork runs in each instance, and one that throws is the function's failure", async () => {
  const to = await probed(
    "renewed",
    `let id; exports.afterFork = () => { id = Math.random(); }; exports.default = () => new Response(String(id));`,
    {
      reuse: "never",
    },
  );
  const bodies = [await platform.call(to), await platform.call(to)].map(({ body }) => body);
  expect(new Set(bodies).size).toBe(2);
  expect(bodies).not.toContain("undefined");
  const bad = await probed(
    "unrenewed",
    `exports.afterFork = () => { throw new Error("no database"); }; exports.default = () => new Response();`,
  );
  expect((await platform.call(bad)).failure?.code).toBe("FUNCTION_LOAD_FAILED");
});

test("a version's template goes with its last alias", async () => {
  const old = await probed("moves", COUNTS);
  await ready(old);
  await platform.deploy("moves", `${COUNTS}//2`);
  await expect
    .poll(() =>
      templates()
        .list()
        .some(({ version }) => version === old.version.slice(7, 19)),
    )
    .toBe(false);
});
