import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort, processesNaming } from "@zygo/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { events, isReady, startSupervisor, until, type Supervisor } from "./supervisor.ts";

let home: string;
let port: number;
let started: Supervisor[];

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "fn-platform-"));
  port = await freePort();
  started = [];
});

afterEach(async () => {
  for (const { process, ended } of started) {
    process.kill("SIGTERM");
    await ended;
  }
  // A kill has taken effect a moment after it was sent.
  for (const supervisor of started.slice(0, 1)) await until(supervisor, () => processesNaming(home).length === 0);
  rmSync(home, { recursive: true });
});

function start(env: Record<string, string> = {}): Supervisor {
  const supervisor = startSupervisor(home, port, env);
  started.push(supervisor);
  return supervisor;
}

async function startReady(): Promise<Supervisor> {
  const supervisor = start();
  await until(supervisor, isReady(supervisor));
  return supervisor;
}

test("says ready once, on a line of its own on standard output, when the gateway answers", async () => {
  const supervisor = await startReady();
  expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe("ok");
  expect(supervisor.stdout()).toBe(`ready http://127.0.0.1:${port}\n`);
});

test("keeps the home directory and its secrets to their owner", async () => {
  await startReady();
  const modes = ["", "run", "logs", "redis", "credentials.json", "link-secret", "secrets.key", "run/redis.sock"].map((path) => [
    path,
    (statSync(join(home, path)).mode & 0o777).toString(8),
  ]);
  expect(modes).toEqual([
    ["", "700"],
    ["run", "700"],
    ["logs", "700"],
    ["redis", "700"],
    ["credentials.json", "600"],
    ["link-secret", "600"],
    ["secrets.key", "600"],
    ["run/redis.sock", "700"],
  ]);
});

test("keeps the admin key over restarts and writes the URL anew; control gets the hash alone", async () => {
  const first = await startReady();
  const before = readCredentials();
  first.process.kill("SIGTERM");
  await first.ended;
  port = await freePort();
  await startReady();
  expect(readCredentials()).toEqual({ url: `http://127.0.0.1:${port}`, apiKey: before.apiKey });
  expect(before.apiKey).toMatch(/^fn_[A-Za-z0-9_-]{43}$/);
  expect(
    events(home)
      .filter((line) => line.includes("key hash"))
      .map((line) => line.split(" ")[0]),
  ).toEqual(["control", "control"]);
});

test("refuses a second platform on the same home, names the process that has it, and changes nothing of it", async () => {
  const first = await startReady();
  const layers = join(home, "layers");
  chmodSync(layers, 0o711);
  const second = start();
  expect(await second.ended).toBe(1);
  expect(second.stderr()).toContain(`process ${first.process.pid}.`);
  expect(statSync(layers).mode & 0o777).toBe(0o711);
});

test("says that the port is taken before it starts anything", async () => {
  const other = createServer().listen(port, "127.0.0.1");
  await once(other, "listening");
  const supervisor = start();
  expect(await supervisor.ended).toBe(1);
  expect(supervisor.stderr()).toContain(`Port ${port}`);
  expect(events(home)).toEqual([]);
  other.close();
});

test("refuses unknown FN_ variables by name", async () => {
  const supervisor = start({ FN_PROT: "8081" });
  expect(await supervisor.ended).toBe(1);
  expect(supervisor.stderr()).toContain("FN_PROT");
});

test("shows what a service logged that fails at its start, and stops the rest", async () => {
  writeFileSync(join(home, "worker-fails"), "");
  const supervisor = start();
  expect(await supervisor.ended).toBe(1);
  expect(supervisor.stderr()).toContain("worker ended (exit code 3)");
  expect(supervisor.stderr()).toContain("the moon is full");
  expect(supervisor.stdout()).toBe("");
});

test("restarts a service that dies, redis included", async () => {
  const supervisor = await startReady();
  process.kill(pidOf("worker"), "SIGKILL");
  await until(supervisor, () => supervisor.stderr().includes("worker runs again"));
  expect(events(home).filter((line) => line.startsWith("worker started"))).toHaveLength(2);
  process.kill(redisPid(), "SIGKILL");
  await until(supervisor, () => supervisor.stderr().includes("redis runs again"));
});

test("stops on SIGTERM in the order of the work: gateway, worker, control, and redis after all of them", async () => {
  const supervisor = await startReady();
  supervisor.process.kill("SIGTERM");
  expect(await supervisor.ended).toBe(0);
  expect(events(home).filter((line) => line.includes("stopped"))).toEqual(["gateway stopped", "worker stopped", "control stopped"]);
});

test("ends at once on a later second signal, though a service hangs", async () => {
  writeFileSync(join(home, "gateway-hangs"), "");
  const supervisor = await startReady();
  supervisor.process.kill("SIGTERM");
  await until(supervisor, () => supervisor.stderr().includes("stopping"));
  supervisor.process.kill("SIGTERM"); // Part of the first: too soon to be meant as a second.
  await sleep(1100);
  expect(processesNaming(home).length).toBeGreaterThanOrEqual(5);
  supervisor.process.kill("SIGINT");
  expect(await supervisor.ended).toBe(1);
});

test("leaves no process behind when it is killed, and starts again right after", async () => {
  const supervisor = await startReady();
  expect(processesNaming(home).length).toBeGreaterThanOrEqual(5);
  supervisor.process.kill("SIGKILL");
  await supervisor.ended;
  const again = await startReady();
  again.process.kill("SIGKILL");
  await again.ended;
  await until(again, () => processesNaming(home).length === 0);
});

function readCredentials(): { url: string; apiKey: string } {
  return JSON.parse(readFileSync(join(home, "credentials.json"), "utf8")) as { url: string; apiKey: string };
}

function pidOf(service: string): number {
  const line = events(home).findLast((event) => event.startsWith(`${service} started`));
  return Number(line?.split(" ")[2]);
}

function redisPid(): number {
  const pid = processesNaming(home).find(({ command }) => command.startsWith("redis-server") && command.includes("/redis."))?.pid;
  if (pid === undefined) throw new Error("redis does not run");
  return pid;
}
