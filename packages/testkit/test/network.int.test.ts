import { execFileSync } from "node:child_process";
import { example, startPlatform, TestInternet, waitFor, type Platform } from "@zygo/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

let internet: TestInternet;
let platform: Platform;
let before: { links: string; tables: string; namespaces: string };

const state = () => ({
  links: execFileSync("ip", ["-br", "link"], { encoding: "utf8" }),
  tables: execFileSync("nft", ["list", "tables"], { encoding: "utf8" }),
  namespaces: execFileSync("ip", ["netns", "list"], { encoding: "utf8" }),
});

beforeAll(async () => {
  before = state();
  internet = await TestInternet.start();
  platform = await startPlatform({
    network: internet.host,
    env: { FN_DNS: "9.9.9.53", FN_NETWORK_PRIVATE: "10.0.0.0/24", FN_HOST: "0.0.0.0" },
  });
  const dials = example("hostile/dials");
  await platform.deploy(dials, "--name", "open");
  await platform.deploy(dials, "--name", "shut", "--network", "none");
  await platform.deploy(dials, "--name", "listed", "--network", "public.example:80,rebind.example:80,10.0.0.0/24:443");
  await platform.deploy(dials, "--name", "once", "--network", "public.example:80", "--reuse", "never");
  await platform.deploy(dials, "--name", "slow", "--network-mbps", "2");
}, 120_000);
afterAll(async () => {
  await platform?.stop();
  await internet?.stop();
});

/** Asks a function inside the throw-away host. */
async function ask(name: string, query: string): Promise<{ outcome: string; ms: number }> {
  const { stdout, stderr, code } = await platform.fn(["invoke", name, `/?${query}`]);
  if (code !== 0) throw new Error(`invoke exits with ${code}: ${stdout}${stderr}`);
  return JSON.parse(stdout) as { outcome: string; ms: number };
}
const dial = async (name: string, to: string, port = 80) => (await ask(name, `to=${encodeURIComponent(to)}&port=${port}`)).outcome;
const logOf = async (name: string): Promise<string> => (await platform.fn(["logs", name])).stdout;

const inRouter = (...args: string[]): string =>
  execFileSync("nsenter", ["-t", String(platform.pids().router), "-n", "nft", ...args], { encoding: "utf8" });
const inHost = (...args: string[]): string => internet.inHost("nft", ...args);

/** Runs `work` while the first rule that holds `text` is gone from a chain, then puts the chain back. */
async function without<T>(nft: Nft, chain: string, text: string, work: () => Promise<T>): Promise<T> {
  const rules = rulesOf(nft, chain);
  const left = rules.filter((_, at) => at !== rules.findIndex((each) => each.includes(text)));
  expect(left.length, `${chain} has a rule with ${text}`).toBe(rules.length - 1);
  return having(nft, chain, left, work);
}

/** Runs `work` while a rule stands before all others of a chain. */
const letting = <T>(nft: Nft, chain: string, rule: string, work: () => Promise<T>): Promise<T> =>
  having(nft, chain, [rule, ...rulesOf(nft, chain)], work);

async function having<T>(nft: Nft, chain: string, rules: string[], work: () => Promise<T>): Promise<T> {
  const before = rulesOf(nft, chain);
  const put = (list: string[]) => nft([`flush chain ${chain}`, ...list.map((rule) => `add rule ${chain} ${rule}`)].join("; "));
  put(rules);
  try {
    return await work();
  } finally {
    put(before);
  }
}

const rulesOf = (nft: Nft, chain: string): string[] =>
  nft("list", "chain", ...chain.split(" "))
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !/^(table|chain|type|\})/.test(line));
type Nft = (...args: string[]) => string;

const FORWARD = "inet zygo forward";

describe("the internet", () => {
  test("is reached by address and by name", async () => {
    expect(await dial("open", "93.184.216.34")).toBe("reached 93.184.216.34");
    expect(await dial("open", "public.example")).toBe("reached 93.184.216.34");
  });

  test.each([
    "169.254.169.254",
    "2852039166",
    "0251.0376.0251.0376",
    "0xa9fea9fe",
    "169.254.43518",
    "::ffff:169.254.169.254",
    "::ffff:a9fe:a9fe",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "fd00:ec2::254",
    "metadata.example",
    "metadata.example.",
    "168.63.129.16",
    "10.0.0.5",
    "192.168.1.1",
    "private.example",
    "host.example",
  ])("%s is refused", async (to) => {
    expect(await dial("open", to)).toMatch(/^(EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|EADDRNOTAVAIL)$/);
    expect(await dial("open", to)).not.toContain("reached");
  });

  test("control: without that rule metadata is reached, in each spelling of its address", async () => {
    await without(inRouter, FORWARD, "ip daddr @forbidden", async () => {
      for (const to of ["169.254.169.254", "2852039166", "0251.0376.0251.0376", "0xa9fea9fe", "::ffff:a9fe:a9fe"])
        expect(await dial("open", to), to).toBe("reached 169.254.169.254");
      expect(await dial("open", "10.0.0.5")).not.toContain("reached");
    });
    expect(await dial("open", "169.254.169.254")).toBe("EHOSTUNREACH");
  });

  test("control: without that rule private addresses are reached", async () => {
    await without(inRouter, FORWARD, "ip daddr @private", () =>
      letting(inRouter, FORWARD, "ip saddr @online ip daddr 192.168.1.1 accept", async () =>
        expect(await dial("open", "192.168.1.1")).toBe("reached 192.168.1.1"),
      ),
    );
    expect(await dial("open", "192.168.1.1")).toBe("EHOSTUNREACH");
  });

  test("an instance forked from a template has a link too, and its address and refusals are told", async () => {
    const here = async (name: string) => (await platform.instances()).find((each) => each.function === name);
    expect(await here("open")).toMatchObject({ start: "template", address: expect.stringMatching(/^\d+\.\d+\.\d+\.\d+$/) as string });
    const before = (await here("open"))?.refusals ?? 0;
    expect(await dial("open", "10.0.0.5", 5433)).toBe("EHOSTUNREACH");
    await waitFor("it to be counted", async () => ((await here("open"))?.refusals ?? 0) > before, 5_000);
    await dial("shut", "93.184.216.34");
    expect(await here("shut")).toMatchObject({ start: "template", address: null });
  });

  test("what is refused stands in the function's log, once", async () => {
    await dial("open", "10.0.0.5", 5432);
    await waitFor("the line", async () => (await logOf("open")).includes("network: refused 10.0.0.5:5432 by policy 'internet'"), 5_000);
  });
});

describe("the host", () => {
  const port = () => Number(new URL(platform.url).port);

  test("has no address at which a function finds the gateway, and with its rule gone it is found", async () => {
    expect(await dial("open", internet.hostAddress, port())).toBe("EHOSTUNREACH");
    const table = /zygo_\w+/.exec(inHost("list", "tables"))?.[0] ?? "";
    await without(inHost, `inet ${table} input`, "goto refuse", () =>
      without(inHost, `inet ${table} input`, "drop", async () =>
        expect(await dial("open", internet.hostAddress, port())).toContain("HTTP/1.1"),
      ),
    );
    expect(await dial("open", internet.hostAddress, port())).toBe("EHOSTUNREACH");
  });

  test("forwards nothing else, though it forwards now", () => {
    expect(inHost("list", "ruleset")).toContain('elements = { "eth0" }');
    expect(internet.inHost("cat", "/proc/sys/net/ipv4/conf/all/forwarding").trim()).toBe("0");
  });
});

describe("other sandboxes", () => {
  test("are not reached, nor from the world; with the rules gone they are", async () => {
    const address = (await ask("slow", "listen=8081")).outcome;
    expect(address).toMatch(/^100\./);
    const fromWorld = (): string => {
      try {
        return internet.inWorld("timeout", "3", "bash", "-c", `exec 3<>/dev/tcp/${address}/8081 && cat <&3`);
      } catch {
        return "refused";
      }
    };
    expect(await dial("open", address, 8081)).toBe("EHOSTUNREACH");
    expect(fromWorld()).toBe("refused");
    const table = /zygo_\w+/.exec(inHost("list", "tables"))?.[0] ?? "";
    await letting(inRouter, FORWARD, `ip daddr ${address} accept`, async () => {
      expect(await dial("open", address, 8081)).toBe("reached a sandbox");
      // The host's own rule still holds what comes from outside.
      expect(fromWorld()).toBe("refused");
      await letting(inHost, `inet ${table} forward`, `ip daddr ${address} accept`, async () =>
        expect(await Promise.resolve(fromWorld())).toBe("reached a sandbox"),
      );
    });
    expect(await dial("open", address, 8081)).toBe("EHOSTUNREACH");
  });
});

describe("policies", () => {
  test("none: nothing is reached and no name resolves", async () => {
    expect(await dial("shut", "93.184.216.34")).toMatch(/EHOSTUNREACH|ENETUNREACH/);
    expect((await ask("shut", "resolve=public.example")).outcome).toMatch(/ENOTFOUND|EAI_AGAIN/);
  });

  test("a list: what it names at its port, once its name was resolved, and nothing else", async () => {
    expect(await dial("listed", "93.184.216.34")).toBe("EHOSTUNREACH");
    expect(await dial("listed", "public.example")).toBe("reached 93.184.216.34");
    expect(await dial("listed", "93.184.216.34")).toBe("reached 93.184.216.34");
    expect(await dial("listed", "public.example", 443)).toBe("EHOSTUNREACH");
    expect(await dial("listed", "93.184.216.35")).toBe("EHOSTUNREACH");
    expect((await ask("listed", "resolve=metadata.example")).outcome).toMatch(/ENOTFOUND|EAI_AGAIN/);
  });

  test("a list: what one instance resolved is not open to the next, which has its link", async () => {
    expect(await dial("once", "public.example")).toBe("reached 93.184.216.34");
    expect(await dial("once", "93.184.216.34")).toBe("EHOSTUNREACH");
    expect(await dial("once", "public.example")).toBe("reached 93.184.216.34");
  });
  test("a list: private ranges that the operator permits", async () => {
    expect(await dial("listed", "10.0.0.5", 443)).toBe("reached 10.0.0.5");
    expect(await dial("listed", "10.0.0.5", 8443)).toBe("EHOSTUNREACH");
  });

  test("a name that turns to a private address is told without it; control: where a rule and the operator permit it, it is told", async () => {
    await ask("open", "resolve=rebind.example");
    expect((await ask("open", "resolve=rebind.example")).outcome).toBe("ENOTFOUND");
    expect((await ask("listed", "resolve=rebind.example")).outcome).toBe("10.0.0.5");
  });

  test("bandwidth is bounded both ways", async () => {
    for (const way of ["down", "up"]) {
      const [fast, slow] = [await ask("open", `${way}=93.184.216.34`), await ask("slow", `${way}=93.184.216.34`)];
      expect(fast.outcome).toBe(way === "down" ? "400000 bytes" : "received");
      expect(slow.outcome).toBe(fast.outcome);
      expect(slow.ms).toBeGreaterThan(3 * fast.ms);
    }
  });

  test("an allow-rule for a private range that the operator does not permit is refused at deploy", async () => {
    const { code, stderr, stdout } = await platform.fn([
      "deploy",
      example("hostile/dials"),
      "--name",
      "bad",
      "--network",
      "192.168.0.0/16:80",
    ]);
    expect(code).not.toBe(0);
    expect(stderr + stdout).toContain("FN_NETWORK_PRIVATE");
  });
});

test("nothing is left: links, tables, namespaces, forwarding", async () => {
  await platform.stop();
  expect(inHost("list", "tables")).not.toContain("zygo");
  expect(internet.inHost("cat", "/proc/sys/net/ipv4/conf/eth0/forwarding").trim()).toBe("0");
  await waitFor("links gone", () => Promise.resolve(!internet.inHost("ip", "-br", "link").includes("zygo")), 5_000);
  await internet.stop();
  expect(state()).toEqual(before);
});
