import { expect, test } from "vitest";
import { formatAddress, overlap, parseAddress, parsePrefix, within } from "./ipv4.ts";

const prefix = (text: string) => parsePrefix(text) ?? expect.unreachable(text);

test.each(["0.0.0.0", "10.0.0.1", "169.254.169.254", "255.255.255.255"])("%s is an address and is written back as it was", (text) => {
  expect(formatAddress(parseAddress(text) ?? -1)).toBe(text);
});

test.each(["", "1.2.3", "1.2.3.4.5", "256.0.0.1", "010.0.0.1", "0x7f.0.0.1", "2852039166", "1.2.3.4 ", "::1", "1.2.3.-4", "1..2.3"])(
  "%j is no address",
  (text) => expect(parseAddress(text)).toBeUndefined(),
);

test("a prefix spans from its first to its last address", () => {
  expect(parsePrefix("10.1.0.0/16")).toEqual({ first: 0x0a010000, last: 0x0a01ffff });
  expect(parsePrefix("1.2.3.4")).toEqual({ first: 0x01020304, last: 0x01020304 });
  expect(parsePrefix("0.0.0.0/0")).toEqual({ first: 0, last: 0xffffffff });
});

test.each(["10.1.0.1/16", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/08", "10.0.0.0/8/8", "a/8"])("%j is no prefix", (text) =>
  expect(parsePrefix(text)).toBeUndefined(),
);

test("ranges within and across each other", () => {
  expect(within(prefix("10.1.0.0/16"), prefix("10.0.0.0/8"))).toBe(true);
  expect(within(prefix("10.0.0.0/8"), prefix("10.1.0.0/16"))).toBe(false);
  expect(overlap(prefix("10.0.0.0/8"), prefix("10.1.0.0/16"))).toBe(true);
  expect(overlap(prefix("10.0.0.0/8"), prefix("11.0.0.0/8"))).toBe(false);
});
