import { expect, test } from "vitest";
import { leaksBetween } from "./sustained.ts";

const held = { processes: 12, networkNamespaces: 5, mounts: 40, cgroups: 9, fds: 60 };

test("what there is more of leaked; what there is less of did not", () => {
  expect(leaksBetween(held, held)).toEqual({});
  expect(leaksBetween(held, { ...held, cgroups: 10, fds: 55 })).toEqual({ cgroups: [9, 10] });
});
