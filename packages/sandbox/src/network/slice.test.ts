import { spawnSync } from "node:child_process";
import { parseAddress, parsePrefix, within } from "@zygo/contracts";
import { expect, test } from "vitest";
import { routerRules } from "./rules.ts";
import { AddressBook, chooseSlice, gatewayOf, linkOf, MAX_BRIDGES, PORTS_PER_BRIDGE } from "./slice.ts";

const prefixes = (...texts: string[]) => texts.map((text) => parsePrefix(text)!);
const slice = chooseSlice("000000000000", [])!;
const inSlice = (address: string): boolean => within(prefixes(`${address}/32`)[0]!, slice.range);

test("is of the shared address space, another for another name", () => {
  expect(slice.text).toBe("100.64.0.0/16");
  expect(chooseSlice("000001000000", [])?.text).toBe("100.65.0.0/16");
});

test("avoids what is taken, then other ranges, and gives up where all are", () => {
  expect(chooseSlice("000000", prefixes("100.64.3.0/24"))?.text).toBe("100.65.0.0/16");
  expect(chooseSlice("000000", prefixes("100.64.0.0/10"))?.text).toBe("198.18.0.0/16");
  expect(chooseSlice("000000", prefixes("100.64.0.0/10", "198.18.0.0/15"))?.text).toBe("10.255.0.0/16");
  expect(chooseSlice("000000", prefixes("100.64.0.0/10", "198.18.0.0/15", "10.0.0.0/8"))).toBeUndefined();
});

test("none that a name leads to has the address of a metadata service, and the kernel takes all of them beside what is forbidden", () => {
  const texts = Array.from({ length: 64 }, (_, seed) => chooseSlice(seed.toString(16).padStart(6, "0"), [])?.text ?? "none");
  expect(texts).not.toContain("100.100.0.0/16");
  const rules = [...new Set(texts)].map((text) => routerRules({ slice: text, permitted: [], logGroup: 16_385 }));
  const input = ["flush ruleset", ...rules.flatMap((each) => [each, "flush ruleset"])].join("\n");
  const { status, stderr } = spawnSync("unshare", ["--net", "nft", "-f", "-"], { input, encoding: "utf8" });
  expect([status, stderr]).toEqual([0, ""]);
});

test("gateways and both ends of the link are in the slice, and none meets another", () => {
  const ends = linkOf(slice);
  const all = [ends.host, ends.router, ...Array.from({ length: MAX_BRIDGES }, (_, bridge) => gatewayOf(slice, bridge))];
  expect(all.every(inSlice)).toBe(true);
  expect(new Set(all).size).toBe(all.length);
});

test("addresses fill bridges evenly, and are no gateway's, network's or broadcast address", () => {
  const book = new AddressBook(slice, 2);
  const taken = Array.from({ length: 2 * PORTS_PER_BRIDGE }, () => book.take());
  expect(taken.filter(({ bridge }) => bridge === 0)).toHaveLength(PORTS_PER_BRIDGE);
  expect(new Set(taken.map(({ address }) => address)).size).toBe(taken.length);
  for (const { bridge, address } of taken) {
    expect(address).not.toBe(gatewayOf(slice, bridge));
    expect((parseAddress(address) ?? 0) & 0xfff).not.toBe(0);
    expect((parseAddress(address) ?? 0) & 0xfff).not.toBe(0xfff);
  }
  expect(() => book.take()).toThrow("no port");
});

test("an address that was given back is somebody else's only after all others were", () => {
  const book = new AddressBook(slice, 1);
  const first = book.take();
  first.give();
  const later = Array.from({ length: 4093 }, () => {
    const next = book.take();
    next.give();
    return next.address;
  });
  expect(later.indexOf(first.address)).toBe(4092);
});
