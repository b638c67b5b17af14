import { expect, test } from "vitest";
import { readSettings } from "./settings.ts";

test("defaults", () => {
  const settings = readSettings({ FN_HOME: "/srv/fn", PATH: "/bin" });
  expect(settings).toMatchObject({
    redisUrl: "/srv/fn/run/redis.sock",
    publicUrl: "http://127.0.0.1:8080",
    permitted: [],
    logLevel: "info",
    adminKeyHash: undefined,
  });
});

test.each([
  [{ FN_HOST: "0.0.0.0", FN_PORT: "80" }, "http://127.0.0.1:80"],
  [{ FN_HOST: "::" }, "http://[::1]:8080"],
  [{ FN_HOST: "fe80::1" }, "http://[fe80::1]:8080"],
  [{ FN_HOST: "10.0.0.5" }, "http://10.0.0.5:8080"],
  [{ FN_URL: "https://fn.example.com/" }, "https://fn.example.com"],
])("%j is reached at %s", (environment, url) => {
  expect(readSettings(environment).publicUrl).toBe(url);
});

test.each([
  [{ FN_TYPO: "1" }],
  [{ FN_PORT: "0" }],
  [{ FN_PORT: "web" }],
  [{ FN_URL: "ftp://x" }],
  [{ FN_ADMIN_KEY_HASH: "A".repeat(64) }],
  [{ REDIS_URL: "" }],
])("%j is refused by name", (environment) => {
  expect(() => readSettings(environment)).toThrow(Object.keys(environment)[0]);
});
