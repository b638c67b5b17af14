import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";

const RUNNER = join(import.meta.dirname, "..", "setup", "pinned-run.mjs");

/** Prints its pid and each signal; ends a while after the first, with code 7, so that a second one would be seen. */
const PROGRAM = `
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => { console.log(signal); setTimeout(() => process.exit(7), 400); });
  setInterval(() => {}, 1000);
  console.log("pid " + process.pid);`;

let runner: ChildProcess;
let output: string;
/** Listened for from the start: a program may end before its first words are read. */
let closed: Promise<unknown[]>;

afterEach(() => runner.kill("SIGKILL"));

/** Runs the program by runPinned, in a process group of its own as a shell or npm would have it. */
async function run(program: string): Promise<void> {
  const code = `import { runPinned } from ${JSON.stringify(RUNNER)}; process.exitCode = await runPinned(["-e", ${JSON.stringify(program)}]);`;
  runner = spawn(process.execPath, ["--input-type=module", "-e", code], { detached: true, stdio: ["ignore", "pipe", "inherit"] });
  output = "";
  closed = once(runner, "close");
  runner.stdout?.setEncoding("utf8").on("data", (text: string) => (output += text));
  await said("pid ");
}

async function said(text: string): Promise<void> {
  for (let tries = 0; !output.includes(text); tries++) {
    if (tries > 500) throw new Error(`"${text}" was not said, but: ${output}`);
    await sleep(10);
  }
}

const signalsSeen = (): string[] => output.split("\n").filter((line) => line.startsWith("SIG"));

test("a signal to the whole process group reaches the program once", async () => {
  await run(PROGRAM);
  process.kill(-(runner.pid ?? 0), "SIGINT");
  const [code] = await closed;
  expect(signalsSeen()).toEqual(["SIGINT"]);
  expect(code).toBe(7);
});

test("a signal to the runner alone reaches the program", async () => {
  await run(PROGRAM);
  runner.kill("SIGTERM");
  await closed;
  expect(signalsSeen()).toEqual(["SIGTERM"]);
});

test("the program is asked to end when the runner is killed", async () => {
  await run(PROGRAM);
  runner.kill("SIGKILL");
  await said("SIGTERM");
});

test("a program that dies by a signal gives the code that a shell gives", async () => {
  await run(`console.log("pid " + process.pid); process.kill(process.pid, "SIGKILL");`);
  const [code] = await closed;
  expect(code).toBe(137);
});
