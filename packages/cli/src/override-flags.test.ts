import { FunctionConfig } from "@zygo/contracts";
import { expect, test } from "vitest";
import { readOverrides } from "./override-flags.ts";

test("every flag becomes its member of the config, in the config's unit", () => {
  const overrides = readOverrides({
    memory: "1g",
    timeout: "5s",
    cpu: "0.5",
    pids: "20",
    tmp: "2g",
    "tmp-files": "99",
    "open-files": "256",
    disk: "1.5",
    response: "0.5",
    "network-mbps": "10",
    reuse: "never",
    runtime: "node22",
    warmup: "/",
    "no-template": true,
    network: ["none"],
  });
  expect(overrides).toEqual({
    memoryMb: 1024,
    timeoutMs: 5000,
    cpu: 0.5,
    pids: 20,
    tmpMb: 2048,
    tmpFiles: 99,
    openFiles: 256,
    diskMbPerSecond: 1.5,
    responseMb: 0.5,
    networkMbps: 10,
    reuse: "never",
    runtime: "node22",
    warmup: "/",
    template: false,
    network: "none",
  });
  expect(FunctionConfig.safeParse(overrides).success).toBe(true);
});

test("what is left out stays the config's", () => expect(readOverrides({})).toEqual({}));

test.each([{ pids: "many" }, { "open-files": "" }, { tmp: "64 bytes" }])("%j is a mistake of usage", (flags) => {
  expect(() => readOverrides(flags)).toThrow(/^--/);
});
