import { readdirSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { RUNTIMES, Workshop } from "./harness/build.ts";
import { Instance } from "./harness/instance.ts";

const workshop = new Workshop();
afterAll(() => workshop.remove());

/** Tells what a first request finds in the process. */
const PROBE = workshop.source(`
  const keys = (object) => Reflect.ownKeys(object).map(String);
  exports.GET = () => Response.json({ resources: process.getActiveResourcesInfo(), modules: process.moduleLoadList, globals: keys(globalThis),
    prototypes: keys(Object.prototype).concat(keys(Array.prototype), keys(Promise.prototype)), listeners: process.eventNames().map(String) });
`);
type Seen = Record<"resources" | "modules" | "globals" | "prototypes" | "listeners", string[]>;

describe.each(RUNTIMES)("warm-up on %s", (runtime) => {
  const probe = async (warm: boolean): Promise<{ first: Seen; second: Seen; threads: number }> => {
    const instance = new Instance(runtime, workshop.runtime, warm);
    await instance.greeted();
    const threads = readdirSync(`/proc/${instance.child.pid}/task`).length;
    await instance.load(PROBE);
    const [first, second] = [await instance.ask(), await instance.ask()].map((answer) => JSON.parse(answer.text()) as Seen);
    await instance.close();
    return { first: first!, second: second!, threads };
  };

  test("leaves no handle, thread or name behind, and all modules loaded", async () => {
    const cold = await probe(false);
    const warm = await probe(true);
    expect(warm.threads).toBeLessThanOrEqual(cold.threads);
    // The channel's own socket, and nothing else.
    expect(warm.first.resources).toEqual(cold.first.resources);
    for (const seen of ["globals", "prototypes", "listeners"] as const)
      expect(new Set(warm.first[seen])).toEqual(new Set(cold.first[seen]));
    expect(warm.second.modules).toEqual(warm.first.modules);
    expect(cold.first.modules.filter((module) => !warm.first.modules.includes(module))).toEqual([]);
  });
});
