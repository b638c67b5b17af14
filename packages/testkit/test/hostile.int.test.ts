/** Every hostile case on a whole platform: its caller gets the one answer that it should, and nothing else is the worse for it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tmpdir } from "node:os";
import { example, settled, startPlatform, type Held, type Platform } from "@zygo/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectProblem } from "./expect-problem.ts";
import { HOSTILE_CASES, HOSTILE_FUNCTIONS, targetOf } from "./hostile/all-cases.ts";
import type { Expected } from "./hostile/case.ts";

/** What a body without end may come to before it is cut here. */
const ENOUGH_BYTES = 8 * 2 ** 20;

let platform: Platform;
let pids: ReturnType<Platform["pids"]>;
let before: Held;
let canaryHome: string;
let canary: string;
beforeAll(async () => {
  canaryHome = mkdtempSync(join(tmpdir(), "fn-canary-"));
  canary = join(canaryHome, "canary");
  writeFileSync(canary, "alive", { mode: 0o666 });
  platform = await startPlatform({ env: { FN_POOL_SIZE: "2" } });
  await platform.deploy(example("hello"));
  await fetch(platform.at("hello")); // Opens the worker's link to the gateway, which stays.
  await platform.client.delete("hello");
  before = await platform.rest();
  await platform.deploy(example("hello"));
  await platform.deployAll(HOSTILE_FUNCTIONS.map((name) => example(`hostile/${name}`)));
  pids = platform.pids();
});
afterAll(async () => {
  await platform?.stop();
  rmSync(canaryHome, { recursive: true, force: true });
});

async function expectHeld(answer: Response, held: Expected): Promise<void> {
  if ("code" in held) return void (await expectProblem(answer, held.code));
  expect(answer.status, await (answer.ok ? "" : answer.clone().text())).toBeLessThan(300);
  if ("brokenOff" in held) return expect(drain(answer)).rejects.toThrow();
  const { outcome } = (await answer.json()) as { outcome: string };
  expect([held.outcome].flat()).toContain(outcome);
}

async function drain(answer: Response): Promise<void> {
  let bytes = 0;
  for await (const chunk of answer.body!) {
    bytes += chunk.byteLength;
    if (bytes > ENOUGH_BYTES) await new Promise((resolve) => setTimeout(resolve, 50)); // reads on, slowly
  }
}

async function expectUnharmed(): Promise<void> {
  expect(readFileSync(canary, "utf8")).toBe("alive");
  const neighbour = await fetch(platform.at("hello"));
  expect([neighbour.status, await neighbour.text()]).toEqual([200, "hello\n"]);
  expect(platform.pids()).toEqual(pids);
}

test("there are at least a hundred, each of its own name", () => {
  expect(HOSTILE_CASES.length).toBeGreaterThanOrEqual(100);
  expect(new Set(HOSTILE_CASES.map(({ id }) => id)).size).toBe(HOSTILE_CASES.length);
});

test.each(HOSTILE_CASES)("$id: $title", async ({ id, held }) => {
  await expectHeld(await fetch(platform.at(targetOf(id))), held);
  await expectUnharmed();
});

test("nothing of all that is left", async () => {
  await Promise.all(["hello", ...HOSTILE_FUNCTIONS].map((name) => platform.client.delete(name)));
  expect(await settled(before, () => platform.held(), 20_000)).toEqual(before);
});
