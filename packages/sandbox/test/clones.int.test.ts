import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LIMITS, openTestHost, startInstance, type TestHost } from "./open-host.ts";

const CLONES = 200;
const AT_ONCE = 10;

const DRAW = `
  const crypto = require("node:crypto");
  module.exports = { fetch: () => Response.json({
    pid: process.pid,
    values: [String(Math.random()), crypto.randomUUID(), globalThis.crypto.randomUUID(), crypto.randomBytes(8).toString("hex"),
      Buffer.from(globalThis.crypto.getRandomValues(new Uint8Array(8))).toString("hex"), String(crypto.randomInt(2 ** 47)),
      crypto.generateKeyPairSync("ed25519").publicKey.export({ format: "jwk" }).x],
  }) };`;

describe.each(["node24", "node22", "node26"] as const)("clones of one zygote of %s", (runtime) => {
  let test: TestHost;
  beforeAll(async () => {
    test = openTestHost();
    await test.host.startZygote(runtime);
  });
  afterAll(() => test.close());

  it(`${CLONES} of the same pid draw distinct values from every generator`, async () => {
    const layer = test.layer(DRAW);
    const drawOnce = async (): Promise<{ pid: number; values: string[] }> => {
      const sandbox = await test.host.create({ runtime, limits: LIMITS, hostname: "clone", layer });
      const instance = await startInstance(sandbox);
      await instance.load();
      const drawn = JSON.parse(await instance.call()) as { pid: number; values: string[] };
      await sandbox.destroy();
      return drawn;
    };
    const all: { pid: number; values: string[] }[] = [];
    for (let at = 0; at < CLONES; at += AT_ONCE) all.push(...(await Promise.all(Array.from({ length: AT_ONCE }, drawOnce))));
    expect(new Set(all.map(({ pid }) => pid))).toEqual(new Set([2]));
    const values = all.flatMap(({ values: drawn }) => drawn);
    expect(values).toHaveLength(CLONES * 7);
    expect(new Set(values).size).toBe(values.length);
  });
});
