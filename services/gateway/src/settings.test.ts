import { expect, test } from "vitest";
import { readSettings } from "./settings.ts";

test("defaults, and Redis on the socket below FN_HOME", () => {
  expect(readSettings({ FN_HOME: "/h", PATH: "/bin" })).toMatchObject({
    host: "127.0.0.1",
    port: 8080,
    redisUrl: "/h/run/redis.sock",
    logLevel: "info",
  });
});

test("keys of the other services are let pass, unknown ones named", () => {
  expect(readSettings({ FN_URL: "x", FN_API_KEY: "x", FN_ADMIN_KEY_HASH: "x" }).port).toBe(8080);
  expect(() => readSettings({ FN_PROT: "1" })).toThrow(/FN_PROT/);
});

test.each([{ FN_PORT: "65536" }, { FN_PORT: "x" }, { FN_LOG_LEVEL: "loud" }, { REDIS_URL: "ftp://x" }, { FN_HOME: "" }])(
  "%j is refused",
  (given) => {
    expect(() => readSettings(given as Record<string, string>)).toThrow(Object.keys(given)[0]);
  },
);
