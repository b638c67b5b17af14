import { expect, test } from "vitest";
import { readSettings } from "./settings.ts";

test("defaults, from nothing but a home", () => {
  const settings = readSettings({ FN_HOME: "/h", PATH: "/bin" });
  expect(settings).toMatchObject({
    maxInstances: 512,
    poolSize: undefined,
    redisUrl: "/h/run/redis.sock",
    gateway: { host: "127.0.0.1", port: 8080 },
  });
});
test("an unknown FN_ key is refused by name", () => expect(() => readSettings({ FN_MAX_INSTANCE: "3" })).toThrow(/FN_MAX_INSTANCE/));
test("another service's keys are tolerated", () => expect(() => readSettings({ FN_API_KEY: "k", FN_ADMIN_KEY_HASH: "h" })).not.toThrow());
test("numbers are checked", () => expect(() => readSettings({ FN_MAX_INSTANCES: "0" })).toThrow(/FN_MAX_INSTANCES/));
test("denials are names of system calls", () => {
  expect(readSettings({ FN_SECCOMP_DENY: "splice, tee" }).seccompDenials).toEqual(["splice", "tee"]);
  expect(readSettings({}).seccompDenials).toEqual([]);
  expect(() => readSettings({ FN_SECCOMP_DENY: "splice,spilce" })).toThrow(/spilce is not a system call/);
});
test("a gateway that listens on every address is reached on loopback", () =>
  expect(readSettings({ FN_HOST: "0.0.0.0", FN_PORT: "9" }).gateway).toEqual({ host: "127.0.0.1", port: 9 }));
