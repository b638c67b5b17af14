/** A template's life, and what it and its instances are to each other. */
import { execFileSync } from "node:child_process";
import { readlinkSync } from "node:fs";
import { cgroupsNamed, descendants, waitFor } from "@zygo/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { InstanceProcess, Sandbox, Template } from "../src/ports.ts";
import { FrameType } from "@zygo/contracts/frames";
import { freezeTemplate, LIMITS, openTestHost, startInstance, TestInstance, type TestHost } from "./open-host.ts";

const runtime = "node24";
const nested = { limits: LIMITS, hostname: "instance" };

let test: TestHost;
beforeEach(async () => {
  test = openTestHost();
  await test.host.startZygote(runtime);
});
afterEach(() => test.close());

const specOf = (code: string) => ({ runtime, limits: LIMITS, hostname: "template", layer: test.layer(code) }) as const;
const freeze = (code: string): Promise<Template> => freezeTemplate(test, specOf(code));

async function forkFrom(template: Template): Promise<{ sandbox: Sandbox; process: InstanceProcess; instance: TestInstance }> {
  const sandbox = await template.createSandbox(nested);
  const instance = await startInstance(sandbox);
  return { sandbox, process: instance.process, instance };
}

const COUNTS = `let calls = 0; module.exports = { fetch: () => new Response(String(++calls)) };`;

describe("a template", () => {
  it("has loaded once what each of its instances answers from at once, apart from the others", async () => {
    const template = await freeze(COUNTS);
    const started = await Promise.all(Array.from({ length: 8 }, () => forkFrom(template)));
    for (const { instance } of started) expect(await instance.call()).toBe("1");
    expect(await started[0]!.instance.call()).toBe("2");
    expect(new Set(started.map(({ process }) => process.pid)).size).toBe(8);
    await Promise.all(started.map(({ sandbox }) => sandbox.destroy()));
    await template.destroy();
    await waitFor(
      "nothing is left",
      () => cgroupsNamed(`${test.name}/sb-`).length === 0 && descendants(test.host.launcherPid!).length === 2,
    );
  });

  it("makes and forks in one go", async () => {
    const template = await freeze(COUNTS);
    const { process } = await template.createForked(nested);
    const instance = new TestInstance(process);
    await instance.next(FrameType.hello);
    expect(await instance.call()).toBe("1");
  });

  it("gives a sandbox the network namespace of one that ended, of its own template alone, and not for ever", async () => {
    const network = ({ initPid }: Sandbox): string => readlinkSync(`/proc/${initPid}/ns/net`);
    const [template, other] = [await freeze(COUNTS), await freeze(COUNTS)];
    const { sandbox: first } = await forkFrom(template);
    const { sandbox: beside } = await forkFrom(template);
    const [kept, own] = [network(first), network(beside)];
    await first.destroy();
    const { sandbox: second, instance } = await forkFrom(template);
    expect([network(second), await instance.call()]).toEqual([kept, "1"]);
    await second.destroy();
    const { sandbox: foreign } = await forkFrom(other);
    expect([kept, own]).not.toContain(network(foreign));
    await new Promise((resolve) => setTimeout(resolve, 2_500)); // longer than one is kept
    const held = execFileSync("find", [`/proc/${test.host.launcherPid}/fd`, "-lname", "net:*"], { encoding: "utf8" });
    expect(held).toBe("");
  });

  it("costs no processor time while it is frozen, and its memory is told", async () => {
    const template = await freeze(COUNTS);
    const before = await template.usage();
    const { instance } = await forkFrom(template);
    await instance.call();
    const { cpuMs, memoryPeakBytes } = await template.usage();
    expect(memoryPeakBytes).toBeGreaterThan(2 ** 20);
    expect(cpuMs - before.cpuMs).toBeLessThan(500);
  });

  it("takes a warm-up request before it freezes", async () => {
    const template = await test.host.startTemplate(specOf(COUNTS));
    const itself = new TestInstance(template.process);
    await itself.next(FrameType.hello);
    await itself.load();
    expect(await itself.call()).toBe("1");
    expect(await template.freeze()).toEqual({ ok: true });
    expect(await (await forkFrom(template)).instance.call()).toBe("2");
  });

  it("forks once into a sandbox", async () => {
    const { sandbox } = await forkFrom(await freeze(COUNTS));
    await expect(sandbox.fork()).rejects.toThrow("takes one fork");
  });
});

describe("afterFork", () => {
  it("runs in each instance before it says hello", async () => {
    const template =
      await freeze(`let made; exports.afterFork = async () => { await new Promise(setImmediate); made = process.pid + ":" + Math.random(); };
      exports.default = { fetch: () => new Response(made) };`);
    const answers = await Promise.all([forkFrom(template), forkFrom(template)].map(async (one) => (await one).instance.call()));
    for (const answer of answers) expect(answer).toMatch(/^2:0\.\d+$/);
    expect(answers[0]).not.toBe(answers[1]);
  });

  it("that fails is told in the place of hello", async () => {
    const template = await freeze(`module.exports = { fetch: () => new Response(), afterFork() { throw new TypeError("no database"); } };`);
    const sandbox = await template.createSandbox(nested);
    const instance = new TestInstance(await sandbox.fork());
    const { json } = await instance.next(FrameType.hello, FrameType.loaded);
    expect(json).toMatchObject({ ok: false, error: { code: "FUNCTION_LOAD_FAILED", message: "no database" } });
  });
});

describe("a module that is not fork-clean", () => {
  const serve = "module.exports = { fetch: () => new Response('still here') };";
  it.each([
    ["a server", "require('node:net').createServer().listen(0);", "TCP socket or server"],
    ["a server that nothing waits for", "require('node:net').createServer().listen(0).unref();", "TCP socket or server"],
    [
      "a connection",
      "const n = require('node:net'); const s = n.createServer().listen(0, '127.0.0.1', () => n.connect(s.address().port).unref()).unref();",
      "TCP socket",
    ],
    ["a UDP socket", "require('node:dgram').createSocket('udp4').bind(0);", "UDP socket"],
    ["an interval", "setInterval(() => {}, 1000);", "timer"],
    ["a long timeout", "setTimeout(() => {}, 60000);", "timer"],
    ["a worker thread", "new (require('node:worker_threads').Worker)('setInterval(() => {}, 1000)', { eval: true });", "worker thread"],
    ["a message port", "globalThis.channel = new MessageChannel(); globalThis.channel.port1.onmessage = () => {};", "message port"],
    ["a child process", "require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);", "child process"],
    [
      "a child process let go",
      "require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore', detached: true }).unref();",
      "child process",
    ],
    ["a watched file", "require('node:fs').watch('/app');", "fs.watch"],
    ["a polled file", "require('node:fs').watchFile('/app/main.cjs', () => {});", "fs.watchFile"],
    ["an open file", "require('node:fs').openSync('/app/main.cjs');", "a file is open (/app/main.cjs)"],
    ["work in the thread pool", "require('node:crypto').pbkdf2('a', 'b', 5e6, 64, 'sha512', () => {});", "still under way"],
    ["a file in /tmp", "require('node:fs').writeFileSync('/tmp/cache', 'x');", "/tmp"],
    ["another working directory", "process.chdir('/');", "working directory"],
  ])("%s: is told, and it still serves", async (_, code, reason) => {
    const template = await test.host.startTemplate(specOf(code + serve));
    const itself = new TestInstance(template.process);
    await itself.next(FrameType.hello);
    await itself.load();
    const frozen = await template.freeze();
    expect(frozen).toMatchObject({ ok: false, reasons: expect.arrayContaining([expect.stringContaining(reason)]) });
    expect(await itself.call()).toBe("still here");
    await template.destroy();
  });

  it.each([
    ["work that ends soon", "require('node:fs').readFile('/app/main.cjs', () => {}); setTimeout(() => {}, 20);"],
    ["an idle thread pool", "require('node:crypto').pbkdf2('a', 'b', 10, 32, 'sha512', () => {});"],
    ["a timer that holds nothing", "setInterval(() => {}, 1000).unref();"],
    ["a signal listener", "process.on('SIGTERM', () => {});"],
    ["a socket that was closed", "const s = require('node:net').createServer().listen(0, () => s.close());"],
    ["a child process that ended", "require('node:child_process').execFileSync(process.execPath, ['--version']);"],
  ])("%s is no matter", async (_, code) => {
    const template = await freeze(code + serve);
    expect(await (await forkFrom(template)).instance.call()).toBe("still here");
  });
});

describe("when a template ends", () => {
  it("by itself: its instances go on, their ends are told, and nothing new is made", async () => {
    const template = await freeze(COUNTS);
    const [one, other] = await Promise.all([forkFrom(template), forkFrom(template)]);
    process.kill(template.process.pid, "SIGKILL");
    expect(await template.gone).toBeTypeOf("string");
    expect(await one.instance.call()).toBe("1");
    await expect(template.createSandbox(nested)).rejects.toThrow("the template is gone");
    process.kill(other.process.pid, "SIGKILL");
    expect(await other.process.exited).toEqual({ code: null, signal: "KILL" });
    const retired = template.retire();
    await one.sandbox.destroy();
    await other.sandbox.destroy();
    await retired;
    await waitFor("the domain is gone", () => cgroupsNamed(`${test.name}/sb-`).length === 0);
  });

  it("by retire: its instances go on, and the domain goes with the last", async () => {
    const template = await freeze(COUNTS);
    const { instance, sandbox } = await forkFrom(template);
    const retired = template.retire();
    await template.gone;
    expect(await instance.call()).toBe("1");
    await sandbox.destroy();
    await retired;
    expect(cgroupsNamed(`${test.name}/sb-`)).toEqual([]);
  });

  it("by destroy: all in its domain end, and may still be destroyed", async () => {
    const template = await freeze(COUNTS);
    const { process, sandbox } = await forkFrom(template);
    const channel = new Promise((resolve) => process.channel.once("close", resolve));
    await template.destroy();
    await channel;
    expect(await process.exited).toMatchObject({ code: null });
    await sandbox.destroy();
    expect(cgroupsNamed(`${test.name}/sb-`)).toEqual([]);
  });

  it("tells how an instance ended, while it lives", async () => {
    const template = await freeze(`module.exports = { fetch: () => process.exit(3) };`);
    const { process, instance } = await forkFrom(template);
    await instance.call().catch(() => {});
    expect(await process.exited).toEqual({ code: 3, signal: null });
  });

  it("ends with its zygote's launcher alone: a zygote that ends leaves it", async () => {
    const template = await freeze(COUNTS);
    const zygote = descendants(test.host.launcherPid!).find(({ command }) => command.includes("zygote.cjs"))!;
    process.kill(zygote.pid, "SIGKILL");
    expect(await (await forkFrom(template)).instance.call()).toBe("1");
  });
});
