import { spawn, spawnSync } from "node:child_process";
import { chmodSync, chownSync, copyFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test, vi } from "vitest";
import { BundleError } from "../src/index.ts";
import { HANDLER, bundled, codeOf, project } from "./project-fixture.ts";

const PACKAGE = { "package.json": `{"name":"p"}` };
const SECRET = "secret of the host";

const hintsOf = async (entry: string): Promise<string> => {
  const error: unknown = await bundled(entry).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(BundleError);
  return (error as BundleError).messages.map(({ text, hint }) => `${text} ${hint}`).join("\n");
};

/** A project and, outside it, a directory with a secret. */
function withSecret(entry: (outside: string) => string): { root: string; outside: string; entry: string } {
  const outside = project({ "secret.txt": SECRET, "base.json": `{"compilerOptions":{"jsxFactory":"h"}}` });
  const root = project({ ...PACKAGE, "a.ts": entry(outside) });
  return { root, outside, entry: join(root, "a.ts") };
}

describe("a bundle cannot hold what is outside the project, and could without the jail", () => {
  test("by an absolute path", async () => {
    const { entry } = withSecret((outside) => `import t from "${outside}/secret.txt"; export default () => t;`);
    expect(await hintsOf(entry)).toContain("Not found inside the project");
    expect(codeOf(await bundled(entry, { jail: false }))).toContain(SECRET);
  });

  test("by ../", async () => {
    const { entry } = withSecret((outside) => `import t from "../${outside.split("/").at(-1)}/secret.txt"; export default () => t;`);
    expect(await hintsOf(entry)).toContain("Not found inside the project");
    expect(codeOf(await bundled(entry, { jail: false }))).toContain(SECRET);
  });

  test("by a symbolic link in the project", async () => {
    const { root, outside, entry } = withSecret(() => `import t from "./link.txt"; export default () => t;`);
    symlinkSync(join(outside, "secret.txt"), join(root, "link.txt"));
    expect(await hintsOf(entry)).toContain("Not found inside the project");
    expect(codeOf(await bundled(entry, { jail: false }))).toContain(SECRET);
  });

  test("by a linked package", async () => {
    const { root, outside, entry } = withSecret(() => `import t from "dep/secret.txt"; export default () => t;`);
    mkdirSync(join(root, "node_modules"));
    symlinkSync(outside, join(root, "node_modules/dep"));
    expect(await hintsOf(entry)).toContain(`links to ${outside}, outside the repository`);
    expect(codeOf(await bundled(entry, { jail: false }))).toContain(SECRET);
  });

  test("by a tsconfig that extends it", async () => {
    const { root, outside, entry } = withSecret(() => HANDLER);
    writeFileSync(join(root, "tsconfig.json"), JSON.stringify({ extends: join(outside, "base.json") }));
    expect(await hintsOf(entry)).toContain("Cannot find base config file");
    expect((await bundled(entry, { jail: false })).warnings).toEqual([]);
  });

  test("by /proc", async () => {
    const { entry } = withSecret(() => `import t from "/proc/self/status" with { type: "text" }; export default () => t;`);
    expect(await hintsOf(entry)).toContain("Not found inside the project");
    expect(codeOf(await bundled(entry, { jail: false }))).toContain("CapEff");
  });
});

test("of a home directory, what begins with a dot cannot be bundled", async () => {
  const home = project({ ...PACKAGE, ".fn/credentials.json": `{"apiKey":"${SECRET}"}`, "t.txt": "text" });
  writeFileSync(join(home, "a.ts"), `import c from "./.fn/credentials.json"; export default () => c;`);
  writeFileSync(join(home, "b.ts"), `import t from "./t.txt"; export default () => t;`);
  expect(codeOf(await bundled(join(home, "a.ts")))).toContain(SECRET);
  vi.stubEnv("HOME", home);
  try {
    expect(await hintsOf(join(home, "a.ts"))).toContain("Not found inside the project");
    expect(codeOf(await bundled(join(home, "b.ts")))).toContain("text");
  } finally {
    vi.unstubAllEnvs();
  }
});

test("any path may be a project's", async () => {
  const root = join(project({}), `it's $HOME "\\ and\n more`);
  mkdirSync(root);
  writeFileSync(join(root, "a.ts"), HANDLER);
  expect((await bundled(join(root, "a.ts"))).inputs).toEqual(["a.ts"]);
});

describe("what a monorepo shares is there", () => {
  const REPOSITORY = {
    "package.json": `{"workspaces":["packages/*"]}`,
    "package-lock.json": "{}",
    "tsconfig.base.json": `{"compilerOptions":{"jsxFactory":"mine"}}`,
    "secret.txt": SECRET,
    "node_modules/hoisted/package.json": `{"name":"hoisted","main":"x.js"}`,
    "node_modules/hoisted/x.js": `module.exports = "hoisted";`,
    "packages/shared/package.json": `{"name":"@r/shared","main":"s.ts"}`,
    "packages/shared/s.ts": `import own from "own"; export const shared = "shared " + own;`,
    "packages/shared/node_modules/own/index.js": `module.exports = "own";`,
    "packages/unlinked/u.ts": `export const u = "unlinked";`,
    "packages/app/package.json": `{"name":"app"}`,
    "packages/app/tsconfig.json": `{"extends":"../../tsconfig.base.json"}`,
    "packages/app/a.tsx": `import h from "hoisted"; import { shared } from "@r/shared"; const mine = String; export default () => <b>{h}{shared}</b>;`,
    "packages/app/secret.ts": `import t from "../../secret.txt"; export default () => t;`,
    "packages/app/unlinked.ts": `import { u } from "../unlinked/u.ts"; export default () => u;`,
  };
  const repository = (): string => {
    const root = project(REPOSITORY);
    mkdirSync(join(root, "node_modules/@r"));
    symlinkSync("../../packages/shared", join(root, "node_modules/@r/shared"));
    return join(root, "packages/app");
  };

  test("hoisted dependencies, linked workspace packages with their own, the tsconfig base", async () => {
    const made = await bundled(join(repository(), "a.tsx"));
    expect(made.inputs).toEqual(
      expect.arrayContaining(["../../node_modules/hoisted/x.js", "../shared/s.ts", "../shared/node_modules/own/index.js"]),
    );
    expect(codeOf(made)).toContain(`mine("b"`);
  });

  test("not its other files, nor packages that nothing links to", async () => {
    const app = repository();
    expect(await hintsOf(join(app, "secret.ts"))).toContain("Not found inside the project");
    expect(await hintsOf(join(app, "unlinked.ts"))).toContain("Not found inside the project");
  });
});

const BUILT = fileURLToPath(new URL("../../../native/build", import.meta.url));
/** Of another build of the native programs: `npm run test:sanitize`. */
const JAIL = join(process.env["FN_TEST_NATIVE"] ?? BUILT, "bin/fn-jail");
/** What each step of the jail calls itself, from its source: one that is added is tried by itself. */
const STEPS = [...new Set(sources(fileURLToPath(new URL("../../../native/src/bundle-jail", import.meta.url))).flatMap(stepsOf))];

function sources(directory: string): string[] {
  return readdirSync(directory)
    .filter((file) => file.endsWith(".cc"))
    .map((file) => readFileSync(join(directory, file), "utf8"));
}

function stepsOf(source: string): string[] {
  const calls = [...source.matchAll(/\bmust\(([\s\S]*?)\);/g)].map(([, inner = ""]) => inner);
  return calls.map((inner) => [...inner.matchAll(/"([^"]*)"/g)].at(-1)?.[1] ?? "");
}

const SYSTEM = ["/usr", "/lib", "/lib64", "/bin"].flatMap((path) => ["--ro-bind", path, path]);

/** Runs a shell line in the jail, in `directory`. */
function inJail(directory: string, line: string, { jail = JAIL, uid, flags = [] }: { jail?: string; uid?: number; flags?: string[] } = {}) {
  const args = [...flags, ...SYSTEM, "--ro-bind", directory, directory, "--chdir", directory, "--", "/bin/sh", "-c", line];
  const { status, stdout, stderr } = spawnSync(jail, args, {
    encoding: "utf8",
    env: { SECRET },
    cwd: "/",
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  return { status, out: stdout.trim(), err: stderr.trim() };
}

describe.skipIf(process.getuid?.() !== 0)("fn-jail, started by root", () => {
  test("shows three devices and what is bound, nothing else", () => {
    const root = project({ "a.txt": "a" });
    expect(inJail(root, "echo /* /dev/* /tmp/*; ls -A").out).toBe(
      `/bin /dev /lib /lib64 /tmp /usr /dev/null /dev/urandom /dev/zero ${root}\na.txt`,
    );
  });

  test("has namespaces of its own, no network, an empty environment", () => {
    const { out } = inJail(
      project({}),
      "echo $$; hostname; env -u PWD -u _ -u OLDPWD -u SHLVL; cat < /dev/tcp/127.0.0.1/1 2>/dev/null || echo no",
    );
    expect(out).toBe("1\nbundle\nno");
  });

  test("nothing is writable but /dev/null", () => {
    const root = project({ "a.txt": "a" });
    const { out } = inJail(
      root,
      `for at in / /dev /tmp ${root}; do touch $at/x 2>/dev/null && echo $at; done; rm -f a.txt 2>/dev/null && echo removed; echo > /dev/null && echo null`,
    );
    expect(out).toBe("null");
  });

  test("has no capability, and root's own files are readable all the same", () => {
    const root = project({ "mine.txt": "mine", "theirs.txt": "theirs" });
    chmodSync(join(root, "mine.txt"), 0o600);
    chmodSync(join(root, "theirs.txt"), 0o600);
    chownSync(join(root, "theirs.txt"), 12345, 12345);
    const { out } = inJail(
      root,
      "cat mine.txt; cat theirs.txt 2>/dev/null || echo ' denied'; mount -t tmpfs x /tmp 2>/dev/null || echo unprivileged; id -u",
    );
    expect(out).toBe("mine denied\nunprivileged\n0");
  });

  test("runs as the owner of the directory", () => {
    const root = project({ "a.txt": "a" });
    chownSync(root, 12345, 23456);
    expect(inJail(root, "id -u; id -g; id -G; cat a.txt").out).toBe("12345\n23456\n23456\na");
  });

  test("ends with the command's exit code, or its signal's, and names the step that failed", () => {
    const root = project({});
    expect(inJail(root, "exit 7").status).toBe(7);
    expect(inJail(root, "kill -9 $$; exit 3").status).toBe(3); // Pid 1 is beyond its own reach.
    expect(inJail(root, "sh -c 'kill -TERM $$'; exit $?").status).toBe(143);
    expect(inJail("/no/such/directory", "true")).toMatchObject({
      status: 125,
      err: "fn-jail: look at /no/such/directory: No such file or directory",
    });
    expect(spawnSync(JAIL, ["--ro-bind", "/usr"], { encoding: "utf8" })).toMatchObject({ status: 64 });
  });

  test("filters system calls: no namespace of its own, which a process without the filter may make", () => {
    const root = project({});
    const line = "unshare --user true 2>/dev/null && echo made || echo refused";
    expect(inJail(root, line).out).toBe("refused");
    const outside = spawnSync("/usr/bin/setpriv", ["--reuid=54321", "--regid=54321", "--clear-groups", "/bin/sh", "-c", line]);
    expect(String(outside.stdout).trim()).toBe("made");
  });

  test.each(STEPS)("a failure to %s is named, and nothing is run", (step) => {
    const root = project({});
    copyFileSync(JAIL, join(root, "fn-jail"));
    chmodSync(root, 0o755);
    const flags = ["--fail-at", step];
    const asRoot = inJail(root, "echo ran", { flags });
    const said = asRoot.status === 125 ? asRoot : inJail(root, "echo ran", { flags, jail: join(root, "fn-jail"), uid: 54321 });
    expect(said).toMatchObject({ status: 125, out: "" });
    expect(said.err).toMatch(new RegExp(`^fn-jail: ${step}.*: Operation canceled$`, "m"));
  });

  test("the command dies with the jail", async () => {
    const root = project({});
    const jail = spawn(JAIL, [...SYSTEM, "--ro-bind", root, root, "--chdir", root, "--", "/bin/sh", "-c", "echo up; sleep 60"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise((resolve) => jail.stdout.once("data", resolve));
    const closed = new Promise((resolve) => jail.stdout.once("close", resolve));
    jail.kill("SIGKILL");
    // The pipe closes when its last writer is gone: the shell and its sleep.
    await closed;
  });

  test("works for an ordinary user by a user namespace", () => {
    const root = project({ "a.txt": "a" });
    copyFileSync(JAIL, join(root, "fn-jail"));
    chmodSync(root, 0o755);
    const { status, out } = inJail(
      root,
      "id -u; id -G; cat a.txt; hostname; echo /tmp/*; mount -t tmpfs x /tmp 2>/dev/null || echo unprivileged",
      {
        jail: join(root, "fn-jail"),
        uid: 54321,
      },
    );
    expect({ status, out }).toEqual({ status: 0, out: `54321\n54321\nabundle\n${root}\nunprivileged` });
  });
});
