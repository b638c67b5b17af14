import { expect, test } from "vitest";
import { MOST_SPARES, spareTarget } from "./spares.ts";

const given = { startsPerSecond: 1, makeMs: 4, retired: false, most: MOST_SPARES };

test("one for an active version", () => expect(spareTarget(given)).toBe(1));
test("none for one that is rarely started", () => expect(spareTarget({ ...given, startsPerSecond: 0.01 })).toBe(0));
test("two when starts come faster than spares are made", () => expect(spareTarget({ ...given, startsPerSecond: 200 })).toBe(2));
test("none for a retired one, however busy", () => expect(spareTarget({ ...given, startsPerSecond: 200, retired: true })).toBe(0));

test("no more than the operator wants", () => expect(spareTarget({ ...given, startsPerSecond: 200, most: 0 })).toBe(0));
