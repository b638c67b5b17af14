import { expect, test } from "vitest";
import { showLogLine } from "./commands/logs.ts";
import { showDeployed, showDeployedLine } from "./show-deployed.ts";
import { showTable } from "./table.ts";
import { DEFAULT_LIMITS } from "@zygo/contracts";

const DEPLOYED = {
  function: "hello",
  version: `sha256:${"ab".repeat(32)}`,
  changed: true,
  url: "http://127.0.0.1:8080/fn/hello",
  bundleBytes: 919,
  startup: { totalMs: 3.14, loadMs: 1.01 },
  limits: DEFAULT_LIMITS,
  handlers: ["fetch"],
  format: "cjs" as const,
  warnings: [],
  bundleMs: 20,
  totalMs: 212,
};

test("a deploy tells URL, version, size, start-up and total", () => {
  expect(showDeployed(DEPLOYED)).toBe(`hello is live at http://127.0.0.1:8080/fn/hello
  version   abababababab
  bundle    919 B, CommonJS, made in 20.0 ms
  start-up  3.1 ms in a new sandbox, 1.0 ms of it loading the bundle
  total     212 ms`);
  expect(showDeployed({ ...DEPLOYED, changed: false, warnings: ["a.ts:1:1: odd"] })).toMatch(
    /\(was live already\)[^]*warning {3}a\.ts:1:1: odd$/,
  );
});

test("one of several is one line", () => {
  expect(showDeployedLine(DEPLOYED)).toBe("hello  http://127.0.0.1:8080/fn/hello  abababababab  919 B  start-up 3.1 ms  total 212 ms");
});

test("columns are as wide as their widest cell", () => {
  expect(
    showTable(
      ["A", "BB"],
      [
        ["xxx", "y"],
        ["", "zzzz"],
      ],
    ),
  ).toBe("A    BB\nxxx  y\n     zzzz");
});

test("a log line cannot steer the terminal", () => {
  const line = {
    id: "1-0",
    time: 0,
    level: "warn" as const,
    requestId: null,
    version: "sha256:x",
    message: "a\x1b[31mred\x1b[0m\x1b]0;title\x07",
    fields: { n: 1 },
  };
  expect(showLogLine(line)).toBe(`1970-01-01 00:00:00.000  WARN   -${" ".repeat(35)}  ared {"n":1}`);
});
