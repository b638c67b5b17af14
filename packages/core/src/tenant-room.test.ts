import { expect, test } from "vitest";
import { instanceBound, tenantRoom } from "./tenant-room.ts";

const NONE = { instances: null, memoryMb: null };

test("a version has the instances that its limits and its tenant's quotas allow", () => {
  const limits = { maxInstances: 100, memoryMb: 128 };
  expect(instanceBound(limits, NONE)).toBe(100);
  expect(instanceBound(limits, { instances: 3, memoryMb: null })).toBe(3);
  expect(instanceBound(limits, { instances: 3, memoryMb: 300 })).toBe(2);
  expect(instanceBound(limits, { instances: null, memoryMb: 127 })).toBe(0);
  expect(instanceBound(limits, { instances: 0, memoryMb: null })).toBe(0);
});

test("a tenant has room for what its quotas leave", () => {
  expect(tenantRoom({ instances: 5, memoryMb: 640 }, 128, NONE)).toBe(Number.POSITIVE_INFINITY);
  expect(tenantRoom({ instances: 5, memoryMb: 640 }, 128, { instances: 7, memoryMb: null })).toBe(2);
  expect(tenantRoom({ instances: 5, memoryMb: 640 }, 128, { instances: 7, memoryMb: 800 })).toBe(1);
  expect(tenantRoom({ instances: 9, memoryMb: 640 }, 128, { instances: 7, memoryMb: null })).toBe(0);
});
