/** Whatever is asked of the launcher: each request with an id gets one answer, and it goes on making sandboxes. */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fc, cgroupsNamed, fuzz, FUZZ_DEADLINE_MS, waitFor } from "@zygo/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hostAddon } from "../src/addon.ts";
import { nativeFile } from "../src/native-files.ts";
import { writePrograms } from "../src/seccomp/write-programs.ts";
import { LIMITS } from "./open-host.ts";

const NAME = `test-fuzz-${process.pid}`;
const BASE = join(import.meta.dirname, "../../../build/base/node24");
/** Of the environment, so that a sanitized build can be tried. */
const DIRECTORY = process.env["FN_TEST_NATIVE"];

let home: string;
let launcher: ChildProcess;
let socket: Socket;
const answers = new Map<unknown, unknown>();
let lastId = 1_000_000;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "zygo-fuzz-"));
  for (const name of ["stage", "layers", "ids"]) mkdirSync(join(home, name), { mode: 0o755 });
  const filters = writePrograms(home);
  const [ours, theirs] = hostAddon().socketPair();
  const args = [
    "--name",
    NAME,
    "--work-dir",
    join(home, "stage"),
    "--layers",
    join(home, "layers"),
    "--ids",
    join(home, "ids"),
    "--base",
    `node24=${BASE}`,
  ];
  args.push(
    "--init",
    nativeFile("bin/init", DIRECTORY),
    "--zygote-filter",
    filters.zygote,
    "--instance-filter",
    filters.instance,
    "--template-filter",
    filters.template,
  );
  launcher = spawn(nativeFile("bin/launcher", DIRECTORY), args, { stdio: ["ignore", "ignore", "inherit", theirs], env: {} });
  hostAddon().closeFd(theirs);
  socket = new Socket({ fd: ours });
  createInterface({ input: socket }).on("line", (line) => {
    const message = JSON.parse(line) as { id?: unknown };
    if (typeof message.id === "number") answers.set(message.id, message);
  });
});
afterAll(async () => {
  socket.destroy();
  await waitFor("the launcher's end", () => launcher.exitCode !== null || launcher.signalCode !== null);
  rmSync(home, { recursive: true, force: true });
  expect(cgroupsNamed(NAME)).toEqual([]);
});

/** An answer that comes after everything that was sent before. */
async function ask(request: object): Promise<unknown> {
  const id = ++lastId;
  socket.write(`${JSON.stringify({ ...request, id })}\n`);
  return await waitFor("an answer", () => answers.get(id));
}

const number = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.constantFrom(0, -1, 2 ** 31, 2 ** 32, 2 ** 53, 1e300),
  fc.string(),
  fc.constant(null),
);
const limits = fc.record({ memoryBytes: number, cpu: number, pids: number, tmpBytes: number }, { requiredKeys: [] });
const request = fc.record(
  {
    op: fc.oneof(fc.constantFrom("create", "fork", "assign", "usage", "destroy", "template", "nested"), fc.string()),
    sandbox: fc.oneof(fc.integer({ min: 0, max: 5 }), number),
    runtime: fc.oneof(fc.constantFrom("node24", "node22", "../../etc", ""), fc.string()),
    layer: fc.oneof(fc.constantFrom("..", ".", "a/b", "x".repeat(300), "\0"), fc.string()),
    hostname: fc.oneof(fc.string(), fc.constantFrom("x".repeat(100), "\n", "")),
    limits: fc.oneof(limits, fc.constant(LIMITS), fc.jsonValue()),
    forkId: fc.jsonValue(),
  },
  { requiredKeys: [] },
);
const line = fc.oneof(
  { weight: 6, arbitrary: request.map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: fc.string() },
  { weight: 1, arbitrary: fc.json() },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 5_000 }).map((depth) => "[".repeat(depth)) },
);

test(
  "worker → launcher",
  () =>
    fuzz("worker → launcher", fc.array(line, { minLength: 1, maxLength: 8 }), async (lines) => {
      socket.write(lines.map((text) => `${text.replaceAll("\n", " ")}\n`).join(""));
      expect(await ask({ op: "usage", sandbox: 4_000_000 })).toMatchObject({ ok: false, step: "usage" });
    }),
  FUZZ_DEADLINE_MS,
);

test("it makes sandboxes as before", async () => {
  const spec = { sandbox: 900_000, runtime: "node24", hostname: "sound", limits: LIMITS };
  expect(await ask({ op: "create", ...spec })).toMatchObject({ ok: true });
  expect(await ask({ op: "destroy", sandbox: 900_000 })).toMatchObject({ ok: true });
});
