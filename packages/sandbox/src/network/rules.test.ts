import { spawnSync } from "node:child_process";
import { parsePrefix } from "@zygo/contracts";
import { expect, test } from "vitest";
import { hostRules, routerRules } from "./rules.ts";

const PERMITTED = ["10.1.0.0/16", "192.168.7.0/24"].map((text) => parsePrefix(text)!);
const router = (permitted = PERMITTED) => routerRules({ slice: "100.64.0.0/16", permitted, logGroup: 16_385 });
const host = (guarded = ["eth0"]) =>
  hostRules({ table: "zygo_0123456789ab", link: "zygo0123456789", slice: "100.64.0.0/16", guarded, logGroup: 16_385 });

const chain = (rules: string, name: string): string[] =>
  (new RegExp(`chain ${name} \\{\\n([^}]*)\\n\\}`).exec(rules)?.[1] ?? "").split("\n").map((line) => line.trim());

test("the forward chain lets nothing pass by default, nor before it was looked at where it goes", () => {
  const forward = chain(router(), "forward");
  expect(forward[0]).toContain("policy drop");
  expect(forward.at(-1)).toBe("goto refuse");
  const at = (rule: string): number => forward.findIndex((line) => line.startsWith(rule));
  expect(at("ip daddr @forbidden goto refuse")).toBeGreaterThan(0);
  expect(at("ip daddr @forbidden goto refuse")).toBeLessThan(at("ip saddr @online"));
  expect(at("ip daddr @private ip daddr != @permitted goto refuse")).toBeLessThan(at("ip saddr @listed"));
  expect(forward.filter((line) => line.includes("accept")).every((line) => line.includes("established"))).toBe(true);
});

test("the slice itself, other sandboxes that is, is forbidden; so are loopback, metadata and multicast", () => {
  const forbidden = /set forbidden .*/.exec(router())?.[0] ?? "";
  for (const range of ["100.64.0.0/16", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/"]) expect(forbidden).toContain(range);
});

test("what the operator permits is in the rules as ranges; nothing permitted is an empty set", () => {
  expect(router()).toContain("10.1.0.0-10.1.255.255, 192.168.7.0-192.168.7.255");
  expect(router([])).toContain("set permitted { type ipv4_addr; flags interval; }");
});

test("a port speaks for its own address alone, and only IPv4 and its ARP", () => {
  const prerouting = chain(router(), "prerouting");
  expect(prerouting[0]).toContain("policy drop");
  expect(prerouting.slice(1)).toEqual([
    "ether type ip iifname . ip saddr @ports accept",
    "ether type arp iifname . arp saddr ip @ports accept",
  ]);
});

test("the host's own table touches no packet that is neither Zygo's nor forwarded for it", () => {
  for (const name of ["input", "forward"]) {
    const [hook, ...rules] = chain(host(), name);
    expect(hook).toContain("policy accept");
    for (const rule of rules) expect(rule).toMatch(/iifname "zygo|oifname "zygo|iifname @guarded/);
  }
});

test.each([
  ["router", router()],
  ["router, nothing permitted", router([])],
  ["host", host()],
  ["host, nothing guarded", host([])],
  ["host, devices with odd names", host(["eth0.5", "br-1a_b"])],
])("this kernel takes the rules: %s", (_, rules) => {
  const { status, stderr } = spawnSync("unshare", ["--net", "nft", "-f", "-"], { input: rules, encoding: "utf8" });
  expect([status, stderr]).toEqual([0, ""]);
});
