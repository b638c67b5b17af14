import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FULL, renderReport, runBench, SECTIONS, showResult, type BenchResult } from "../src/main.ts";
import { askOnce, Connection } from "../src/connection.ts";
import { load } from "../src/load.ts";
import { findPeers } from "../src/peers/find.ts";
import { ServerProcess } from "../src/server-process.ts";
import { peerStart } from "../src/start-up.ts";

const TINY = { ...FULL, name: "tiny", samples: 3, warmUps: 1, warmRounds: 1, warmRequests: 20, warmMs: 1000, connections: 4, peers: false };
const TINY_SECTIONS = {
  alive: [2, 4],
  deployed: [1, 3],
  growthAlive: [1, 2],
  growthSamples: 3,
  burst: 10,
  bursts: 1,
  functions: 3,
  neighbourRounds: 1,
  neighbourMs: 300,
};
const scratch = mkdtempSync(join(tmpdir(), "fn-bench-test-"));
const node = { program: process.execPath, args: [join(import.meta.dirname, "../src/servers/hello.cjs")] };
const never = new AbortController().signal;
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

let result: BenchResult;
beforeAll(async () => {
  const plan = { ...TINY, ...TINY_SECTIONS, soakRequests: 100, sustainMs: 500, sustainConnections: 2 };
  result = await runBench({ plan, progress: () => undefined, signal: never });
}, 300_000);

test("the platform answers everything and keeps nothing", () => {
  expect(result.soak).toMatchObject({ requests: 100, errors: 0 });
  expect(result.sustained).toMatchObject({ errors: 0, leaks: {} });
  expect(result.sustained!.starts).toBeGreaterThan(0);
  expect(result.healthy).toBe(true);
});

test("each kind of start was measured, and every sample is counted once", () => {
  expect(result.startUp.map(({ id }) => id)).toEqual([
    "hot/hello",
    ...["spare", "template", "pool", "cold"].flatMap((kind) => ["hello", "hono + zod", "AWS SDK"].map((bundle) => `${kind}/${bundle}`)),
  ]);
  for (const { samplesMs, others, errors } of result.startUp) {
    expect(samplesMs.length + errors + Object.values(others).reduce((sum, count) => sum + count, 0)).toBe(3);
  }
  // Whether a pool has refilled in time is up to the machine; these two do not depend on it.
  for (const id of ["hot/hello", "cold/hello"]) expect(result.startUp.find((series) => series.id === id)?.summary?.n).toBe(3);
});

test("each other section has its table, and every request of it was answered", () => {
  expect(result.findings.map(({ section, errors }) => [section, errors])).toEqual(
    SECTIONS.filter(({ name }) => !["start", "warm", "soak", "sustained"].includes(name)).map(({ name }) => [name, 0]),
  );
  const rowsOf = (name: string) => result.findings.find(({ section }) => section === name)!.rows;
  expect(rowsOf("memory").map(({ cells }) => cells[2])).toEqual([2, 4]);
  expect(rowsOf("growth").map(({ label }) => label)).toEqual([
    "1 functions deployed",
    "3 functions deployed",
    "1 sandboxes alive",
    "2 sandboxes alive",
  ]);
  expect(rowsOf("burst")[0]!.cells.slice(3)).toEqual([10, 1]);
  expect(rowsOf("many")).toHaveLength(4);
  expect(rowsOf("neighbours").map(({ label }) => label)).toContain("beside: fork");
});

test("every figure that is asked for has a verdict, or was not measured in this run", () => {
  expect(result.targets.map(({ section }) => section)).toEqual(
    expect.arrayContaining(["start", "warm", "sustained", "burst", "growth", "memory"]),
  );
  for (const { reached, found } of result.targets) expect(reached === null).toBe(found === null);
});

test("phases tell where the time went", () => {
  const { phases, summary } = result.startUp.find(({ id }) => id === "cold/hello")!;
  expect(phases!.start).toBeGreaterThan(0);
  expect(phases!.init).toBeGreaterThan(0);
  expect(phases!.init).toBeLessThan(summary!.max);
});

test("warm figures are there, and both ways of showing them", () => {
  for (const { one, many } of result.warm) {
    expect(one!.n).toBe(20);
    expect(many.rps).toBeGreaterThan(0);
  }
  expect(showResult(result)).toContain("Zygo cold, AWS SDK");
  expect(renderReport(result)).not.toMatch(/NaN|undefined/);
});

test("every peer that is installed starts, answers, and is gone after its sample", async () => {
  const { start, warm } = await findPeers(scratch, FULL);
  expect(start.map(({ id }) => id)).toEqual(expect.arrayContaining(["node", "node/hono + zod", "node/AWS SDK"]));
  expect(warm.map(({ id }) => id)).toEqual(expect.arrayContaining(["node-http", "hono-node-server"]));
  for (const peer of [...start, ...warm]) expect((await peerStart(peer).measure()).ms, peer.id).toBeGreaterThan(0);
});

test("a server that does not come to listen is told in its own words", async () => {
  const broken = ServerProcess.start({ program: process.execPath, args: ["-e", "throw new Error('no luck')"] });
  await expect(broken).rejects.toThrow("no luck");
  await expect(ServerProcess.start({ program: "/nonexistent", args: [] })).rejects.toThrow("/nonexistent did not come to listen");
});

test("load counts what fails", async () => {
  const server = await ServerProcess.start(node);
  const good = await load({ address: server.address, path: "/" }, { connections: 3, requests: 50 }, never);
  expect(good).toMatchObject({ done: 50, errors: 0 });
  await server.stop();
  const bad = await load({ address: server.address, path: "/" }, { connections: 3, requests: 50 }, never);
  expect(bad).toMatchObject({ done: 0, errors: 50 });
});

test("a connection that is broken, closed or busy says so", async () => {
  const mute = createServer((socket) => socket.resume()).listen(join(scratch, "mute.sock"));
  await once(mute, "listening");
  const connection = new Connection({ path: join(scratch, "mute.sock") });
  const first = connection.ask("/");
  await expect(connection.ask("/")).rejects.toThrow("one question at a time");
  connection.close();
  await expect(first).rejects.toThrow("closed");
  await expect(connection.ask("/")).rejects.toThrow("closed");
  await expect(askOnce({ path: join(scratch, "nobody.sock") }, "/")).rejects.toThrow("ENOENT");
  mute.close();
});

test("fn bench refuses what it does not understand, before it starts anything", async () => {
  const fn = join(import.meta.dirname, "../../cli/bin/fn.mjs");
  const report = join(scratch, "report.html");
  const child = spawn(process.execPath, [fn, "bench", "--samples", "none", "--report", report], { stdio: ["ignore", "ignore", "pipe"] });
  const [code] = (await once(child, "close")) as [number];
  expect(code).toBe(2);
  expect(existsSync(report)).toBe(false);
});
