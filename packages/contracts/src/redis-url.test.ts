import { expect, test } from "vitest";
import { redisOptions } from "./redis-url.ts";

test.each([
  ["/run/redis.sock", { path: "/run/redis.sock" }],
  ["unix:///run/redis.sock", { path: "/run/redis.sock" }],
  ["unix:///with%20space/r.sock?db=2", { path: "/with space/r.sock", db: 2 }],
  ["redis://127.0.0.1", { host: "127.0.0.1", port: 6379 }],
  ["redis://user:p%40ss@cache.local:7000/3", { host: "cache.local", port: 7000, username: "user", password: "p@ss", db: 3 }],
  ["redis://:secret@[::1]:6380", { host: "::1", port: 6380, password: "secret" }],
  ["rediss://cache.local", { host: "cache.local", port: 6379, tls: {} }],
])("%s", (url, address) => {
  expect(redisOptions(url)).toEqual(address);
});

test.each(["", "cache.local:6379", "http://cache.local", "unix://run/redis.sock", "redis://host/notanumber"])("refuses %s", (url) => {
  expect(() => redisOptions(url)).toThrow(TypeError);
});

test("an error does not repeat the password", () => {
  expect(() => redisOptions("http://u:hunter2@h")).toThrow(/^(?!.*hunter2)/);
});
