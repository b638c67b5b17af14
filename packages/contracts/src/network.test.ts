import { expect, test } from "vitest";
import { NetworkPolicy, parseAllowRule, PrivatePrefixes } from "./network.ts";

test.each([
  ["api.example.com:443", { name: "api.example.com", port: 443 }],
  ["*.Example.com:443", { name: "*.example.com", port: 443 }],
  ["10.1.0.0/16:5432", { range: { first: 0x0a010000, last: 0x0a01ffff }, port: 5432 }],
  ["1.2.3.4:53", { range: { first: 0x01020304, last: 0x01020304 }, port: 53 }],
])("%s is a rule", (text, rule) => expect(parseAllowRule(text)).toEqual(rule));

test.each([
  ["no port", "api.example.com"],
  ["port 0", "api.example.com:0"],
  ["too large a port", "api.example.com:65536"],
  ["a single label", "localhost:80"],
  ["every name", "*:443"],
  ["a star within", "a.*.com:443"],
  ["a trailing dot", "api.example.com.:443"],
  ["decimal address", "2852039166:80"],
  ["hexadecimal address", "0xa9.0xfe.0xa9.0xfe:80"],
  ["octal address", "0251.0376.0251.0376:80"],
  ["short address", "127.1:80"],
  ["IPv6", "[fd00:ec2::254]:80"],
  ["host bits", "10.1.0.1/16:80"],
  ["a URL", "https://example.com:443"],
])("a rule with %s is refused: %s", (_what, text) => {
  expect(parseAllowRule(text)).toBeUndefined();
  expect(NetworkPolicy.safeParse({ allow: [text] }).success).toBe(false);
});

test("a policy is a word or a list, and nothing else", () => {
  for (const good of ["none", "internet", { allow: ["a.example:1"] }]) expect(NetworkPolicy.safeParse(good).success).toBe(true);
  for (const bad of ["all", {}, { allow: [] }, { allow: ["a.example:1"], deny: [] }, null])
    expect(NetworkPolicy.safeParse(bad).success).toBe(false);
});

test("an operator's prefixes are named when they are wrong", () => {
  expect(PrivatePrefixes.parse("10.1.0.0/16, 192.168.7.0/24")).toHaveLength(2);
  expect(PrivatePrefixes.parse("")).toEqual([]);
  expect(() => PrivatePrefixes.parse("10.1.0.0/16,bogus")).toThrow(/bogus/);
});
