import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { LOGS, ROOT } from "./paths.mjs";

const HEAD_LINES = 10;
const TAIL_LINES = 25;

/** Set-up cannot go on. `message` says what failed, `hint` what to do next; both are shown as they are, without a stack. */
export class SetupError extends Error {
  /**
   * @param {string} message
   * @param {string} hint
   */
  constructor(message, hint) {
    super(message);
    this.name = "SetupError";
    this.hint = hint;
  }
}

/** @param {string} line One line for the person who waits. Standard output stays free for what the started program prints. */
export const say = (line) => process.stderr.write(`${line}\n`);

/**
 * Does one piece of work and says how long it took.
 *
 * @template T
 * @param {string} title
 * @param {() => Promise<T> | T} work
 * @returns {Promise<T>}
 */
export async function step(title, work) {
  const start = performance.now();
  const result = await work();
  say(`✓ ${title} ${((performance.now() - start) / 1000).toFixed(1)} s`);
  return result;
}

/**
 * Runs a command to its end, its output in `build/logs/<log>.log`. No deadline: a slow network or machine is no error, and Ctrl-C
 * ends the command together with set-up.
 *
 * @param {string} log
 * @param {string[]} command
 * @param {{ hint: string, env?: NodeJS.ProcessEnv }} options
 * @throws SetupError with the beginning and the end of the log when the command fails or cannot be started
 */
export async function run(log, command, { hint, env = process.env }) {
  mkdirSync(LOGS, { recursive: true });
  const file = join(LOGS, `${log}.log`);
  const fd = openSync(file, "w");
  const [program = "", ...args] = command;
  const child = spawn(program, args, { cwd: ROOT, env, stdio: ["ignore", fd, fd] });
  closeSync(fd);
  /** @type {string} */
  const end = await new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(code === 0 ? "" : signal === null ? `exit code ${code}` : signal));
  });
  if (end === "") return;
  throw new SetupError(`\`${command.join(" ")}\` failed (${end})`, `${excerpt(file)}\n${relative(ROOT, file)} has all of it. ${hint}`);
}

/**
 * Beginning and end of a log: npm says what is wrong first and then explains itself at length, compilers the other way round.
 *
 * @param {string} file
 */
function excerpt(file) {
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  const shown = lines.length <= HEAD_LINES + TAIL_LINES ? lines : [...lines.slice(0, HEAD_LINES), "…", ...lines.slice(-TAIL_LINES)];
  return shown.map((line) => `  ${line}`).join("\n");
}
