import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { registerAdminKey } from "../src/admin-key.ts";
import { createLog } from "@zygo/service";
import { API_KEY, startControl, type Control } from "./control.ts";

let control: Control;
beforeAll(async () => {
  control = await startControl();
});
afterAll(() => control.end());

const sha256 = (key: string): string => createHash("sha256").update(key).digest("hex");
const statusWith = async (authorization: string): Promise<number> =>
  (await control.fetch("/api/functions", { headers: { authorization } })).status;

test("the admin's key is let in, in any case of the scheme", async () => {
  expect(await statusWith(`Bearer ${API_KEY}`)).toBe(200);
  expect(await statusWith(`bearer ${API_KEY}`)).toBe(200);
});

test.each([
  "",
  "Bearer",
  "Bearer ",
  `Basic ${API_KEY}`,
  API_KEY,
  "Bearer wrong",
  `Bearer ${API_KEY}x`,
  `Bearer ${API_KEY.slice(1)}`,
  `Bearer ${"x".repeat(10_000)}`,
])("authorization %.40j is 401", async (authorization) => {
  expect(await statusWith(authorization)).toBe(401);
});

test("the hash of a key is no key", async () => {
  expect(await statusWith(`Bearer ${sha256(API_KEY)}`)).toBe(401);
});

test.each([
  ["GET", "/api/functions"],
  ["GET", "/api/functions/hello"],
  ["DELETE", "/api/functions/hello"],
  ["POST", "/api/functions/hello/versions"],
  ["PUT", "/api/functions/hello/aliases/live"],
  ["GET", "/api/functions/hello/logs"],
  ["GET", "/api/workers"],
  ["GET", "/api/nothing"],
])("%s %s needs a key", async (method, path) => {
  const response = await control.fetch(path, { method, headers: { authorization: "Bearer wrong" } });
  expect(response.status).toBe(401);
  expect(await response.json()).toMatchObject({ code: "UNAUTHENTICATED", requestId: expect.stringMatching(/./) as string });
});

test("the description of the API needs none", async () => {
  const response = await control.fetch("/api/openapi.json", { headers: { authorization: "Bearer wrong" } });
  expect([response.status, ((await response.json()) as { openapi: string }).openapi]).toEqual([200, "3.1.0"]);
});

test("a key whose hash is in the store is let in, until it is removed", async () => {
  await control.store.putKeyHash(sha256("second"), "ci");
  expect(await statusWith("Bearer second")).toBe(200);
  await control.store.removeKeyHash(sha256("second"));
  expect(await statusWith("Bearer second")).toBe(401);
});

test("a new admin key ends the one before, and no other", async () => {
  const log = createLog({ service: "control", level: "error" });
  await control.store.putKeyHash(sha256("ci-key"), "ci");
  await registerAdminKey(control.store, sha256("old-admin"), log, control.stop.signal);
  expect(await statusWith("Bearer old-admin")).toBe(200);
  await registerAdminKey(control.store, sha256("new-admin"), log, control.stop.signal);
  expect(await statusWith("Bearer old-admin")).toBe(401);
  expect(await statusWith("Bearer new-admin")).toBe(200);
  expect(await statusWith("Bearer ci-key")).toBe(200);
});

test("no key, right or wrong, reaches the log", () => {
  expect(control.logged().split("\n").length).toBeGreaterThan(10);
  expect(control.logged()).not.toContain(API_KEY);
});
