import { startPlatform, type Platform } from "@zygo/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { deployWork, playStarts } from "../src/starts/play.ts";

const COUNT = 300;
/** The same each time, so that a change is to blame for what a change breaks. `npm run test:starts` draws others. */
const SEED = 20_261_124;

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform();
  await deployWork(platform);
}, 180_000);
afterAll(() => platform?.stop());

test("300 new instances collect, compile, wait, and run threads and processes on three Nodes, forked from templates and not", async () => {
  const { starts, kinds, failures, repeats, before, after } = await playStarts(platform, { count: COUNT, seed: SEED, atOnce: 4 });
  expect(failures).toEqual([]);
  expect(starts).toBe(COUNT);
  expect(kinds["template"]).toBeGreaterThan(COUNT / 4);
  expect(repeats).toBe(0);
  expect(after).toEqual(before);
}, 300_000);
