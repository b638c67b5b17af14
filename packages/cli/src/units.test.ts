import { expect, test } from "vitest";
import { UsageError } from "./failure.ts";
import { parseDuration, parseMemory, parseNumber, showAgo, showBytes, showMs } from "./units.ts";

test.each([
  ["500ms", 500],
  ["5s", 5000],
  ["1.5m", 90_000],
  ["2h", 7_200_000],
  ["1d", 86_400_000],
])("%s is %i ms", (text, ms) => {
  expect(parseDuration("--timeout", text)).toBe(ms);
});

test.each(["5", "s", "5 s", "-1s", "5sec", ""])("a duration is not '%s'", (text) => {
  expect(() => parseDuration("--timeout", text)).toThrow(UsageError);
});

test.each([
  ["128", 128],
  ["128mb", 128],
  ["256MiB", 256],
  ["1g", 1024],
  ["0.5gb", 512],
])("%s is %i MiB", (text, mib) => {
  expect(parseMemory("--memory", text)).toBe(mib);
});

test.each(["lots", "1tb", "-5", ""])("memory is not '%s'", (text) => {
  expect(() => parseMemory("--memory", text)).toThrow(UsageError);
});

test("a number is finite and not empty", () => {
  expect(parseNumber("--cpu", "0.5")).toBe(0.5);
  for (const text of ["", " ", "half", "Infinity"]) expect(() => parseNumber("--cpu", text)).toThrow(UsageError);
});

test("people read sizes and times in units that fit", () => {
  expect([0.04, 3.14, 412.4, 1234, 30_000].map(showMs)).toEqual(["0.0 ms", "3.1 ms", "412 ms", "1.2 s", "30 s"]);
  expect([919, 14_234, 1_340_000].map(showBytes)).toEqual(["919 B", "14.2 kB", "1.3 MB"]);
  expect([0, 59_000, 61_000, 7_300_000, 90_000_000].map((ms) => showAgo(0, ms))).toEqual([
    "0 s ago",
    "59 s ago",
    "1 min ago",
    "2 h ago",
    "1 d ago",
  ]);
  expect(showAgo(1000, 0)).toBe("0 s ago");
});
