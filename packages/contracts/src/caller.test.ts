import { expect, test } from "vitest";
import { CALLER_FRESH_MS, signCaller, verifyCaller } from "./caller.ts";

const SECRET = "ab".repeat(32);
const NOW = 1_800_000_000_000;
const header = signCaller({ function: "shop-api", depth: 3 }, NOW, SECRET);

test("what was signed is read back", () => {
  expect(verifyCaller(header, NOW + 1000, SECRET)).toEqual({ function: "shop-api", depth: 3 });
});

test("a function of a tenant is named by its id", () => {
  const signed = signCaller({ function: "acme.shop-api", depth: 1 }, NOW, SECRET);
  expect(verifyCaller(signed, NOW, SECRET)).toEqual({ function: "acme.shop-api", depth: 1 });
  expect(verifyCaller(signed.replace("acme.", ""), NOW, SECRET)).toBeNull();
  expect(verifyCaller(signed.replace("acme.", "acme-"), NOW, SECRET)).toBeNull();
});

test.each([
  ["another secret", header, NOW, "cd".repeat(32)],
  ["a lower depth", header.replace(";3;", ";0;"), NOW, SECRET],
  ["another name", header.replace("shop", "bank"), NOW, SECRET],
  ["a later time", header.replace(String(NOW), String(NOW + 1)), NOW, SECRET],
  ["too old", header, NOW + CALLER_FRESH_MS + 1, SECRET],
  ["too far ahead", header, NOW - CALLER_FRESH_MS - 1, SECRET],
  ["no signature", "shop-api;0", NOW, SECRET],
  ["a cut signature", header.slice(0, -2), NOW, SECRET],
  ["nothing", "", NOW, SECRET],
])("refuses %s", (_, text, nowMs, secret) => {
  expect(verifyCaller(text, nowMs, secret)).toBeNull();
});
