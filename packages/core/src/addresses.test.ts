import { parsePrefix } from "@zygo/contracts";
import { expect, test } from "vitest";
import { reachable, refusedRules } from "./addresses.ts";

const prefix = (text: string) => parsePrefix(text) ?? expect.unreachable(text);
const isPublic = (address: number) => reachable({ first: address, last: address }, []);
const EVERYTHING = [prefix("0.0.0.0/0")];

test.each([
  "127.0.0.1",
  "169.254.169.254",
  "0.0.0.0",
  "224.0.0.1",
  "255.255.255.255",
  "168.63.129.16",
  "100.100.100.200",
  "192.0.0.192",
  "192.88.99.1",
])("%s is reached by nobody, whatever the operator permits", (address) => {
  expect(isPublic(prefix(address).first)).toBe(false);
  expect(reachable(prefix(address), EVERYTHING)).toBe(false);
});

test.each([
  "10.0.0.5",
  "172.16.0.1",
  "172.31.255.255",
  "192.168.1.1",
  "100.64.0.1",
  "198.18.0.1",
  "192.0.2.1",
  "198.51.100.1",
  "203.0.113.1",
])("%s is reached with the operator's consent alone", (address) => {
  expect(isPublic(prefix(address).first)).toBe(false);
  expect(reachable(prefix(address), EVERYTHING)).toBe(true);
});

test.each([
  "1.1.1.1",
  "8.8.8.8",
  "172.15.255.255",
  "172.32.0.0",
  "11.0.0.0",
  "100.63.255.255",
  "100.128.0.0",
  "169.253.255.255",
  "223.255.255.255",
])("%s is public", (address) => expect(isPublic(prefix(address).first)).toBe(true));

test("a range is judged by all of its addresses", () => {
  expect(reachable(prefix("10.1.0.0/16"), [prefix("10.1.0.0/16")])).toBe(true);
  expect(reachable(prefix("10.1.0.0/16"), [prefix("10.1.0.0/17")])).toBe(false);
  expect(reachable(prefix("8.0.0.0/6"), [])).toBe(false);
  expect(reachable(prefix("0.0.0.0/0"), EVERYTHING)).toBe(false);
});

test("rules that are refused are named", () => {
  const allow = ["a.example:1", "10.1.2.3:1", "10.2.0.0/16:1", "169.254.169.254:80", "1.1.1.1:53"];
  expect(refusedRules({ allow }, [prefix("10.1.0.0/16")])).toEqual(["10.2.0.0/16:1", "169.254.169.254:80"]);
  expect(refusedRules("internet", [])).toEqual([]);
});
