import { describe, expect, test } from "vitest";
import { catchUp, decideSchedule, jitterOf, parseCron } from "./cron.ts";

/** The first `count` slots after an instant. */
function slots(schedule: string, timeZone: string, after: string, count: number): string[] {
  const { next } = parseCron(schedule, timeZone);
  const found: string[] = [];
  for (let at = next(Date.parse(after)); at !== null && found.length < count; at = next(at)) found.push(new Date(at).toISOString());
  return found.map((text) => text.replace(":00.000Z", "Z"));
}

describe("a fixed time of day, when clocks change", () => {
  test.each([
    [
      "Europe/Berlin skips 02:30 on 29 March: 03:00",
      "30 2 * * *",
      "Europe/Berlin",
      "2026-03-28T12:00Z",
      ["2026-03-29T01:00Z", "2026-03-30T00:30Z"],
    ],
    [
      "Europe/Berlin repeats 02:30 on 25 October: the first",
      "30 2 * * *",
      "Europe/Berlin",
      "2026-10-24T12:00Z",
      ["2026-10-25T00:30Z", "2026-10-26T01:30Z"],
    ],
    ["whoever asks between the two has missed it", "30 2 * * *", "Europe/Berlin", "2026-10-25T00:45Z", ["2026-10-26T01:30Z"]],
    ["New York skips 02:30 on 8 March", "30 2 * * *", "America/New_York", "2026-03-07T12:00Z", ["2026-03-08T07:00Z", "2026-03-09T06:30Z"]],
    [
      "New York repeats 01:30 on 1 November",
      "30 1 * * *",
      "America/New_York",
      "2026-10-31T12:00Z",
      ["2026-11-01T05:30Z", "2026-11-02T06:30Z"],
    ],
    [
      "Lord Howe shifts by half an hour",
      "15 2 * * *",
      "Australia/Lord_Howe",
      "2026-10-03T12:00Z",
      ["2026-10-03T15:30Z", "2026-10-04T15:15Z"],
    ],
    ["and back", "45 1 * * *", "Australia/Lord_Howe", "2026-04-04T00:00Z", ["2026-04-04T14:45Z", "2026-04-05T15:15Z"]],
    ["São Paulo's midnight was skipped", "0 0 * * *", "America/Sao_Paulo", "2018-11-03T12:00Z", ["2018-11-04T03:00Z", "2018-11-05T02:00Z"]],
    [
      "two times that fall on one instant are one slot",
      "0 2,3 * * *",
      "Europe/Berlin",
      "2026-03-28T12:00Z",
      ["2026-03-29T01:00Z", "2026-03-30T00:00Z"],
    ],
  ])("%s", (_what, schedule, zone, after, expected) => {
    expect(slots(schedule, zone, after, expected.length)).toEqual(expected);
  });
});

describe("wildcards and steps follow elapsed time", () => {
  test("none within the gap, one each quarter of an hour behind it", () => {
    const expected = ["2026-03-29T00:45Z", "2026-03-29T01:00Z", "2026-03-29T01:15Z"];
    expect(slots("*/15 * * * *", "Europe/Berlin", "2026-03-29T00:30Z", 3)).toEqual(expected);
  });

  test("each hour once, the repeated one too", () => {
    const expected = ["2026-10-25T00:00Z", "2026-10-25T01:00Z", "2026-10-25T02:00Z"];
    expect(slots("0 * * * *", "Europe/Berlin", "2026-10-24T23:30Z", 3)).toEqual(expected);
  });
});

test("six fields begin with seconds", () => {
  expect(slots("*/20 * * * * *", "UTC", "2026-01-01T00:00:05Z", 3)).toEqual([
    "2026-01-01T00:00:20.000Z",
    "2026-01-01T00:00:40.000Z",
    "2026-01-01T00:01Z",
  ]);
});

test.each([
  ["* * * *", "UTC", "5 fields"],
  ["* * * * * * *", "UTC", "5 fields"],
  ["@hourly", "UTC", "5 fields"],
  ["61 * * * *", "UTC", "minute: 61"],
  ["0 0 31 2 *", "UTC", "never comes"],
  ["* * * * *", "Mars/Olympus", "no IANA time zone"],
  ["* * * * *", "+02:00", "no IANA time zone"],
])("%j in %s is refused: %s", (schedule, timeZone, why) => {
  expect(() => decideSchedule({ schedule, timeZone })).toThrow(why);
});

test("a schedule without a name has one that fields and zone decide", () => {
  const { name, ...rest } = decideSchedule("*/5 * * * *");
  expect(name).toMatch(/^cron-[0-9a-f]{8}$/);
  expect(decideSchedule({ schedule: "*/5 * * * *", timeZone: "UTC", overlap: "allow" }).name).toBe(name);
  expect(decideSchedule({ schedule: "*/5 * * * *", timeZone: "Europe/Berlin" }).name).not.toBe(name);
  expect(rest).toMatchObject({ timeZone: "UTC", overlap: "skip", catchUp: "none", jitterMs: 0, retry: { attempts: 1 } });
});

test("jitter is the same for the same slot, and within its bound", () => {
  const schedule = decideSchedule({ schedule: "* * * * *", jitterMs: 1000 });
  const drawn = Array.from({ length: 200 }, (_, slot) => jitterOf(schedule, `a:b:${slot}`));
  expect(drawn).toEqual(Array.from({ length: 200 }, (_, slot) => jitterOf(schedule, `a:b:${slot}`)));
  expect(Math.min(...drawn)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...drawn)).toBeLessThanOrEqual(1000);
  expect(new Set(drawn).size).toBeGreaterThan(100);
});

describe("slots that went by", () => {
  const range = { fromMs: Date.parse("2026-01-01T00:00Z"), toMs: Date.parse("2026-01-01T05:30Z") };
  const hours = (list: number[]): number[] => list.map((at) => new Date(at).getUTCHours());
  test.each([
    ["none", [], [1, 2, 3, 4, 5]],
    ["last", [5], [1, 2, 3, 4]],
    [{ all: 2 }, [4, 5], [1, 2, 3]],
    [{ all: 9 }, [1, 2, 3, 4, 5], []],
  ] as const)("%j", (rule, run, missed) => {
    const schedule = decideSchedule({ schedule: "0 * * * *", catchUp: rule });
    const became = catchUp(schedule, parseCron("0 * * * *", "UTC"), range);
    expect([hours(became.run), hours(became.missed)]).toEqual([run, missed]);
  });

  test("of very many only the latest are told of", () => {
    const { run, missed } = catchUp(decideSchedule({ schedule: "* * * * *", catchUp: "last" }), parseCron("* * * * *", "UTC"), {
      fromMs: range.fromMs,
      toMs: range.fromMs + 5000 * 60_000,
    });
    expect([run, missed.length, missed.at(-1)]).toEqual([[range.fromMs + 5000 * 60_000], 999, range.fromMs + 4999 * 60_000]);
  });
});
