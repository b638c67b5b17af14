import { RUNTIMES } from "@zygo/contracts/names";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Sandbox } from "../src/ports.ts";
import { freezeTemplate, LIMITS, openTestHost, startInstance, type TestHost } from "./open-host.ts";

const CLONES = 200;
const AT_ONCE = 10;

/** Draws at load too: what a generator keeps in the heap is then there for each clone of a template to repeat. */
const DRAW = `
  const crypto = require("node:crypto");
  const draw = () => [String(Math.random()), crypto.randomUUID(), globalThis.crypto.randomUUID(), crypto.randomBytes(8).toString("hex"),
    crypto.randomUUIDv7?.().slice(14) ?? crypto.randomUUID(), Buffer.from(globalThis.crypto.getRandomValues(new Uint8Array(8))).toString("hex"),
    String(crypto.randomInt(2 ** 47)), crypto.generateKeyPairSync("ed25519").publicKey.export({ format: "jwk" }).x,
    crypto.randomFillSync(Buffer.alloc(8)).toString("hex"), crypto.generateKeySync("aes", { length: 128 }).export().toString("hex")];
  const atLoad = draw();
  module.exports = { fetch: async () => {
    const key = await globalThis.crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, true, ["sign"]);
    const exported = Buffer.from(await globalThis.crypto.subtle.exportKey("raw", key)).toString("hex");
    const later = await new Promise((resolve) => crypto.randomInt(2 ** 47, (_, value) => resolve(String(value))));
    return Response.json({ pid: process.pid, values: [...draw(), exported, later] });
  } };`;
const VALUES = 12;

const KINDS = RUNTIMES.flatMap((runtime) => [{ runtime, from: "zygote" } as const, { runtime, from: "template" } as const]);

describe.each(KINDS)("clones of one $from of $runtime", ({ runtime, from }) => {
  let test: TestHost;
  let make: () => Promise<Sandbox>;
  beforeAll(async () => {
    test = openTestHost();
    await test.host.startZygote(runtime);
    const spec = { runtime, limits: LIMITS, hostname: "clone", layer: test.layer(DRAW) };
    if (from === "zygote") return void (make = () => test.host.create(spec));
    const template = await freezeTemplate(test, spec);
    make = () => template.createSandbox(spec);
  });
  afterAll(() => test.close());

  it(`${CLONES} of the same pid draw distinct values from every generator`, async () => {
    const drawOnce = async (): Promise<{ pid: number; values: string[] }> => {
      const sandbox = await make();
      const instance = await startInstance(sandbox);
      if (from === "zygote") await instance.load();
      const drawn = JSON.parse(await instance.call()) as { pid: number; values: string[] };
      await sandbox.destroy();
      return drawn;
    };
    const all: { pid: number; values: string[] }[] = [];
    for (let at = 0; at < CLONES; at += AT_ONCE) all.push(...(await Promise.all(Array.from({ length: AT_ONCE }, drawOnce))));
    // That of the template, too, in its own pid namespace.
    expect(new Set(all.map(({ pid }) => pid))).toEqual(new Set([2]));
    const values = all.flatMap(({ values: drawn }) => drawn);
    expect(values).toHaveLength(CLONES * VALUES);
    expect(new Set(values).size).toBe(values.length);
  });
});
