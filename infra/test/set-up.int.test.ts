import { execFile } from "node:child_process";
import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { RUNTIMES } from "@zygo/contracts";
import { describe, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..", "..");
const run = promisify(execFile);

test("set-up of what is up to date says and changes nothing", async () => {
  const before = lstatSync(join(ROOT, "build", "base", "node24")).ino;
  const { stdout, stderr } = await run(process.execPath, [join(ROOT, "infra", "setup", "main.mjs")], { timeout: 50_000 });
  expect(stdout + stderr).toBe("");
  expect(lstatSync(join(ROOT, "build", "base", "node24")).ino).toBe(before);
});

describe.each(RUNTIMES)("base layer %s", (runtime) => {
  const layer = join(ROOT, "build", "base", runtime);

  test("runs its Node alone in it, and that Node can start another", async () => {
    const script = `process.stdout.write(require("node:child_process").execFileSync("/usr/bin/node", ["-p", "process.version"]))`;
    const stdout = await runInLayer(layer, script);
    expect(stdout).toMatch(new RegExp(`^v${runtime.slice("node".length)}\\.`));
  });

  test("resolves names by its own /etc", async () => {
    const script = `require("node:dns").lookup("localhost", (error, address) => console.log(error?.code ?? address))`;
    const stdout = await runInLayer(layer, script);
    expect(stdout.trim()).toMatch(/^(127\.0\.0\.1|::1)$/);
  });

  test("can be read by every user and written by root alone", () => {
    const wrong = entriesBelow(layer).filter(({ mode, isLink }) => !isLink && ((mode & 0o444) !== 0o444 || (mode & 0o022) !== 0));
    expect(wrong).toEqual([]);
  });

  test("holds the runtime and no shell", () => {
    const paths = entriesBelow(layer).map(({ path }) => path.slice(layer.length));
    expect(paths).toEqual(expect.arrayContaining(["/usr/lib/fn/zygote.cjs", "/usr/lib/fn/fork.node", "/usr/lib/fn/libforkable.so"]));
    expect(paths.filter((path) => path.includes("/bin/"))).toEqual(["/usr/bin/node"]);
  });
});

/** With an environment of its own: a compile cache, say, would be written into the layer. */
async function runInLayer(layer: string, script: string): Promise<string> {
  const { stdout } = await run("chroot", [layer, "/usr/bin/node", "-e", script], { timeout: 20_000, env: { PATH: process.env["PATH"] } });
  return stdout;
}

function entriesBelow(directory: string): { path: string; mode: number; isLink: boolean }[] {
  return readdirSync(directory).flatMap((name) => {
    const path = join(directory, name);
    const stat = lstatSync(path);
    const entry = { path, mode: stat.mode & 0o777, isLink: stat.isSymbolicLink() };
    return stat.isDirectory() ? [entry, ...entriesBelow(path)] : [entry];
  });
}
