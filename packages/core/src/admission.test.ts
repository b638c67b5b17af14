import { expect, test } from "vitest";
import { Admission, admissionBound } from "./admission.ts";

const SMALL = { concurrency: 1, maxInstances: 1 };

test.each([
  [SMALL, 1 + 256],
  [{ concurrency: 1, maxInstances: 100 }, 100 + 800],
  [{ concurrency: 10, maxInstances: 100 }, 1000 + 4096],
  [{ concurrency: 1000, maxInstances: 10_000 }, 10_000_000 + 4096],
])("bound of %o", (limits, bound) => {
  expect(admissionBound(limits)).toBe(bound);
});

test("a version is refused at its bound and admitted again when one leaves", () => {
  const admission = new Admission(10_000);
  for (let count = 0; count < admissionBound(SMALL); count++) expect(admission.enter("a", SMALL)).toBe(true);
  expect(admission.enter("a", SMALL)).toBe(false);
  expect(admission.inFlight).toBe(257);
  admission.leave("a");
  expect(admission.enter("a", SMALL)).toBe(true);
});

test("one version at its bound does not refuse another", () => {
  const admission = new Admission(10_000);
  while (admission.enter("a", SMALL));
  expect(admission.enter("b", SMALL)).toBe(true);
});

test("the total refuses whatever the version", () => {
  const admission = new Admission(2);
  expect([admission.enter("a", SMALL), admission.enter("b", SMALL), admission.enter("c", SMALL)]).toEqual([true, true, false]);
  admission.leave("a");
  expect(admission.enter("c", SMALL)).toBe(true);
});

test("leaving without having entered counts nothing", () => {
  const admission = new Admission(1);
  admission.leave("a");
  expect(admission.inFlight).toBe(0);
  expect([admission.enter("a", SMALL), admission.enter("a", SMALL)]).toEqual([true, false]);
});
