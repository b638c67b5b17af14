import { expect, test } from "vitest";
import { spareTarget } from "./spares.ts";

const given = { startsPerSecond: 1, makeMs: 4, retired: false };

test("one for an active version", () => expect(spareTarget(given)).toBe(1));
test("none for one that is rarely started", () => expect(spareTarget({ ...given, startsPerSecond: 0.01 })).toBe(0));
test("two when starts come faster than spares are made", () => expect(spareTarget({ ...given, startsPerSecond: 200 })).toBe(2));
test("none for a retired one, however busy", () => expect(spareTarget({ ...given, startsPerSecond: 200, retired: true })).toBe(0));
