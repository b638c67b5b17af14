/** Failure injected at every step of every plan: the error names the step, and nothing is left. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { cgroupsNamed, descendants, held, waitFor } from "@zygo/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { plannedSteps } from "./failures/plans.ts";
import { LIMITS, openTestHost, startInstance, type TestHost } from "./open-host.ts";

const runtime = "node24";
const spec = { runtime, limits: LIMITS, hostname: "test" } as const;

const volumesDir = mkdtempSync(join(tmpdir(), "zygo-failures-"));
let test: TestHost;
afterEach(() => test.close());
beforeAll(() => {
  const image = join(volumesDir, "acme/data.img");
  mkdirSync(dirname(image));
  execFileSync("truncate", ["-s", "16M", image]);
  execFileSync("mkfs.ext4", ["-q", "-F", image]);
});
afterAll(() => rmSync(volumesDir, { recursive: true }));

/** How to reach the steps of each plan, and how their failure shows. Gives the text that must name the step. */
const WAYS: Readonly<Record<string, () => Promise<string>>> = {
  Cradle: () => reason(test.host.startZygote(runtime)),
  Creation: () => reason(test.host.create(spec)),
  Blueprint: () => reason(test.host.create(spec)),
  Assignment: async () => {
    const sandbox = await test.host.create(spec);
    const said = await reason(sandbox.assign({ layer: test.layer("module.exports = () => new Response()"), limits: LIMITS }));
    await sandbox.destroy();
    return said;
  },
  Attachment: () => reason(test.host.create({ ...spec, volumes: [{ image: "acme/data.img", path: "/data", readOnly: false }] })),
  Entry: enterFails,
};

/** Before the fork the request is refused; after it the process ends, and the launcher says why. */
async function enterFails(): Promise<string> {
  const { launcherPid } = test.host;
  if (!descendants(launcherPid!).some(({ command }) => command.includes("zygote.cjs"))) await test.host.startZygote(runtime);
  const sandbox = await test.host.create(spec);
  const forked = await sandbox.fork().catch((error: unknown) => String(error));
  if (typeof forked === "string") {
    await sandbox.destroy();
    return forked;
  }
  expect(await forked.exited).toEqual({ code: 71, signal: null });
  const said = await waitFor("the reason", () => test.logs.find((line) => line.includes(`sandbox ${sandbox.id} could not enter`)));
  await sandbox.destroy();
  return said;
}

const reason = (attempt: Promise<unknown>): Promise<string> => attempt.then(() => "it went on", String);

describe("a step that fails", () => {
  const steps = plannedSteps();

  it("is known, and so is every plan", () => {
    test = openTestHost();
    expect(steps.length).toBeGreaterThanOrEqual(43);
    expect([...new Set(steps.map(({ context }) => context))].sort()).toEqual(Object.keys(WAYS).sort());
  });

  it.each(steps)("$context $step: is named, and leaves nothing", async ({ context, step }) => {
    test = openTestHost({ failAt: step, volumesDir });
    const count = (): ReturnType<typeof held> => held(test.host.launcherPid!, test.name);
    const attempt = async (): Promise<void> => expect(await WAYS[context]!()).toContain(`${step}: failure injected`);
    await attempt();
    const before = count(); // with what the first attempt still gives back: fewer than what four leaks would add
    for (let at = 0; at < 4; at++) await attempt();
    const { fds, mounts } = before;
    const kept = context === "Entry" ? 2 : 1; // the launcher, and the zygote that the test started
    await waitFor("nothing is left", () => {
      const now = count();
      return now.processes === kept && now.networkNamespaces === kept && now.fds <= fds && now.mounts <= mounts;
    });
    expect(cgroupsNamed(`${test.name}/sb-`)).toEqual([]);
  });

  it("leaves the next attempt alone", async () => {
    test = openTestHost();
    await test.host.startZygote(runtime);
    const sandbox = await test.host.create({ ...spec, layer: test.layer("module.exports = { fetch: () => new Response('on') }") });
    const instance = await startInstance(sandbox);
    await instance.load();
    expect(await instance.call()).toBe("on");
  });
});
