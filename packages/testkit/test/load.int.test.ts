import autocannon from "autocannon";
import { example, settled, startPlatform, type Held, type Platform } from "@zygo/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";

let platform: Platform;
let before: Held;
beforeAll(async () => {
  platform = await startPlatform();
  await platform.deploy(example("hello"), "--name", "once", "--reuse", "never");
  await platform.deploy(example("hostile/inspect"), "--reuse", "never");
  await fetch(platform.at("once")); // Opens the worker's link to the gateway, which stays.
  before = await platform.rest();
});
afterAll(() => platform?.stop());

/** As before: nothing of what ran is left. */
async function expectNothingLeft(): Promise<void> {
  expect(await settled(before, () => platform.held(), 20_000)).toEqual(before);
}

test("5,000 invocations through the gateway: no error, and nothing is left of them", async () => {
  await platform.deploy(example("hello"));
  const pids = platform.pids();
  const result = await autocannon({ url: platform.at("hello"), connections: 32, amount: 5_000, timeout: 30 });
  expect(result).toMatchObject({ errors: 0, timeouts: 0, mismatches: 0, non2xx: 0, "2xx": 5_000 });
  expect(platform.pids()).toEqual(pids);
  await platform.client.delete("hello");
  await expectNothingLeft();
});

test("200 instances, one for each invocation: no error, and nothing is left of them", async () => {
  const result = await autocannon({ url: platform.at("once"), connections: 8, amount: 200, timeout: 30 });
  expect(result).toMatchObject({ errors: 0, timeouts: 0, non2xx: 0, "2xx": 200 });
  await expectNothingLeft();
});

interface Drawn {
  process: { pid: number };
  random: Record<"math" | "uuid" | "webUuid" | "bytes" | "webcrypto", unknown[]>;
}

test("200 clones that all have the same pid draw different values from every random source", async () => {
  const drawn: Drawn[] = [];
  const draw = async (): Promise<void> => {
    while (drawn.length < 200) drawn.push((await (await fetch(platform.at("inspect"))).json()) as Drawn);
  };
  await Promise.all(Array.from({ length: 4 }, draw));
  expect(new Set(drawn.map(({ process }) => process.pid))).toEqual(new Set([2]));
  for (const source of ["math", "uuid", "webUuid", "bytes", "webcrypto"] as const) {
    const values = drawn.flatMap(({ random }) => random[source]);
    expect(new Set(values).size, source).toBe(values.length);
  }
  await expectNothingLeft();
});
