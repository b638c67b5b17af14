/** What becomes of functions' network, and of the host, when parts of one installation or a whole one go away, by kill -9 too. */
import { descendants, example, startPlatform, TestInternet, waitFor, type Platform } from "@zygo/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";

const RECOVERY_MS = 30_000;
const REACHED = "reached 93.184.216.34";

let internet: TestInternet;
let pair: Platform;
let other: Platform;

const start = async (workers: number): Promise<Platform> => {
  const env = { FN_DNS: "9.9.9.53", FN_POOL_SIZE: "1", FN_WORKERS: String(workers) };
  const platform = await startPlatform({ network: internet.host, env });
  await platform.deploy(example("hostile/dials"), "--name", "open");
  return platform;
};

beforeAll(async () => {
  internet = await TestInternet.start();
  pair = await start(2);
  other = await start(1);
}, 180_000);
afterAll(async () => {
  await pair?.stop();
  await other?.stop();
  await internet?.stop();
});

async function dial(platform: Platform): Promise<string> {
  const { stdout, code } = await platform.fn(["invoke", "open", "/?to=93.184.216.34&port=80"]);
  return code === 0 ? (JSON.parse(stdout) as { outcome: string }).outcome : "no answer";
}
const reaches = (platform: Platform) => waitFor("the internet", async () => (await dial(platform)) === REACHED, RECOVERY_MS);

const routers = ({ supervisor }: Platform) => descendants(supervisor.pid).filter(({ command }) => command.includes("build/bin/router "));
const tables = (): string[] => internet.inHost("nft", "list", "tables").match(/zygo_\w+/g) ?? [];
const links = (): string[] => internet.inHost("ip", "-br", "link").match(/^zygo\w+/gm) ?? [];
const forwarding = (): string => internet.inHost("cat", "/proc/sys/net/ipv4/conf/eth0/forwarding").trim();
const has = (installations: number) =>
  waitFor("one link and table a worker", () => tables().length === installations && links().length === installations, RECOVERY_MS);

test("each worker has its own, two installations side by side", async () => {
  expect(routers(pair)).toHaveLength(2);
  await has(3);
  expect(new Set(tables()).size).toBe(3);
  expect([await dial(pair), await dial(other)]).toEqual([REACHED, REACHED]);
  expect(forwarding()).toBe("1");
});

test("kill -9 of a router: its worker ends, another takes its place, and nothing of the first is left", async () => {
  const { worker, router } = other.pids();
  process.kill(router as number, "SIGKILL");
  await waitFor("another worker", () => ![undefined, worker].includes(other.pids().worker), RECOVERY_MS);
  await reaches(other);
  await has(3);
  expect(await dial(pair)).toBe(REACHED);
});

test("kill -9 of one worker of two: it comes back with its network", async () => {
  const [first] = routers(pair);
  process.kill(pair.pids().worker as number, "SIGKILL");
  await waitFor("its router's end", () => !routers(pair).some(({ pid }) => pid === first?.pid) && routers(pair).length === 2, RECOVERY_MS);
  await reaches(pair);
  await has(3);
});

test("an installation that is killed leaves the others their network, and the host its forwarding as long as they need it", async () => {
  process.kill(other.supervisor.pid, "SIGKILL");
  await has(2);
  expect(forwarding()).toBe("1");
  expect(await dial(pair)).toBe(REACHED);
  await other.stop();
});

test("what one leaves whose router and all were killed is cleared by the next start of another", async () => {
  other = await start(1);
  await has(3);
  const all = descendants(other.supervisor.pid);
  for (const { pid } of all) process.kill(pid, "SIGSTOP");
  for (const { pid } of all) process.kill(pid, "SIGKILL");
  await waitFor("its link's end", () => links().length === 2, RECOVERY_MS);
  expect(tables(), "fails closed").toHaveLength(3);
  process.kill(routers(pair)[0]?.pid as number, "SIGKILL");
  await has(2);
  await reaches(pair);
  expect(internet.inHost("nft", "list", "ruleset"), "still held").toContain('elements = { "eth0" }');
  await other.stop();
});

test("the last that leaves takes the host's forwarding back, though one that was killed left its table", async () => {
  other = await start(1);
  const all = descendants(other.supervisor.pid);
  for (const { pid } of all) process.kill(pid, "SIGSTOP");
  for (const { pid } of all) process.kill(pid, "SIGKILL");
  await waitFor("its link's end", () => links().length === 2, RECOVERY_MS);
  await pair.stop();
  await waitFor("their links' end", () => links().length === 0, RECOVERY_MS);
  expect(forwarding()).toBe("0");
  expect(tables(), "the killed one's, which only drops").toHaveLength(1);
});
