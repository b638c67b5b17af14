/** Failure injected at every step that makes a sandbox of a template and forks into it: named, and nothing is left but the template. */
import { cgroupsNamed, held, waitFor } from "@zygo/testkit";
import { afterEach, describe, expect, it } from "vitest";
import type { Template } from "../src/ports.ts";
import { plannedSteps } from "./failures/plans.ts";
import { freezeTemplate, LIMITS, openTestHost, type TestHost } from "./open-host.ts";

const runtime = "node24";
const nested = { limits: LIMITS, hostname: "instance" };
const CODE = "module.exports = { fetch: () => new Response() };";

let test: TestHost;
afterEach(() => test.close());

async function attempt(template: Template, step: string): Promise<void> {
  const named = `${step}: failure injected`;
  const sandbox = await template.createSandbox(nested).catch((error: unknown) => String(error));
  if (typeof sandbox === "string") return expect(sandbox).toContain(named);
  const forked = await sandbox.fork().catch((error: unknown) => String(error));
  if (typeof forked === "string") {
    expect(forked).toContain(named);
  } else {
    expect(await forked.exited).toEqual({ code: 71, signal: null });
    await waitFor("the reason", () => test.logs.find((line) => line.includes(`sandbox ${sandbox.id} `) && line.includes(named)));
  }
  await sandbox.destroy();
}

describe("a step that fails in a template's domain", () => {
  const steps = plannedSteps().filter(({ context }) => ["Creation", "Blueprint", "Entry"].includes(context));

  it.each(steps)("$context $step", async ({ step }) => {
    test = openTestHost({ failAt: `nested:${step}` });
    await test.host.startZygote(runtime);
    const template = await freezeTemplate(test, { runtime, limits: LIMITS, hostname: "template", layer: test.layer(CODE) });
    const count = (): ReturnType<typeof held> => held(test.host.launcherPid!, test.name);
    await attempt(template, step);
    const before = count(); // with what the first attempt still gives back: fewer than what four leaks would add
    for (let at = 0; at < 4; at++) await attempt(template, step);
    // The launcher, the zygote, the domain's init and the template; each but the launcher's own namespace has one.
    await waitFor("nothing is left", () => {
      const now = count();
      return (
        now.processes === 4 && now.fds <= before.fds && now.mounts <= before.mounts && now.networkNamespaces <= before.networkNamespaces
      );
    });
    const groups = cgroupsNamed(`${test.name}/sb-`);
    expect(groups.filter((path) => !path.endsWith(`/sb-${template.id}`))).toEqual([]);
    expect(await Promise.race([template.gone, Promise.resolve("it lives")])).toBe("it lives");
  });
});
