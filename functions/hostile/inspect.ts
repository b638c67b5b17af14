/**
 * Tells what it can see and do in its sandbox, as JSON, for tests to judge. Nothing in here does harm when it succeeds.
 *
 *   ?read=/path  (repeatable) tries to read a file or list a directory       ?write=/path (repeatable) tries to make a file there
 *   ?draws=n     how many values to draw from each random source (default 1)
 */
import { createHash, randomBytes, randomUUID, webcrypto } from "node:crypto";
import { readFileSync, readdirSync, readlinkSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname, networkInterfaces, userInfo } from "node:os";

export default function inspect(request: Request): Response {
  const { searchParams } = new URL(request.url);
  return Response.json({
    process: identity(),
    status: statusFields(),
    namespaces: attempt(() =>
      Object.fromEntries(readdirSync("/proc/self/ns").map((name) => [name, readlinkSync(`/proc/self/ns/${name}`)])),
    ),
    cgroup: attempt(() => readFileSync("/proc/self/cgroup", "utf8")),
    mounts: attempt(() => readFileSync("/proc/self/mountinfo", "utf8").trim().split("\n")),
    root: attempt(() => readdirSync("/")),
    proc: attempt(() => readdirSync("/proc")),
    fds: attempt(openFiles),
    env: process.env,
    interfaces: networkInterfaces(),
    reads: Object.fromEntries(
      ["/etc/shadow", "/etc/hostname", ...searchParams.getAll("read")].map((path) => [path, attempt(() => look(path))]),
    ),
    writes: Object.fromEntries(
      ["/fn-probe", "/app/fn-probe", "/tmp/fn-probe", ...searchParams.getAll("write")].map((path) => [path, attempt(() => scribble(path))]),
    ),
    random: drawRandom(Number(searchParams.get("draws") ?? 1)),
  });
}

type Attempt<T> = { ok: true; value: T } | { ok: false; code: string };

function attempt<T>(action: () => T): Attempt<T> {
  try {
    return { ok: true, value: action() };
  } catch (error) {
    return { ok: false, code: (error as NodeJS.ErrnoException).code ?? String(error) };
  }
}

function identity() {
  const user = attempt(() => userInfo().username);
  return {
    pid: process.pid,
    ppid: process.ppid,
    hostname: hostname(),
    uid: process.getuid?.(),
    gid: process.getgid?.(),
    groups: process.getgroups?.(),
    user,
    cwd: process.cwd(),
    execPath: process.execPath,
    version: process.version,
  };
}

/** /proc/self/status by field: CapEff, NoNewPrivs, Seccomp and so on. */
function statusFields(): Attempt<Record<string, string>> {
  return attempt(() => {
    const lines = readFileSync("/proc/self/status", "utf8").trim().split("\n");
    return Object.fromEntries(lines.map((line) => line.split(/:\s*/, 2) as [string, string]));
  });
}

/** What each open descriptor is; the one that lists them is gone by then. */
function openFiles(): Record<string, string> {
  const entries = readdirSync("/proc/self/fd").map((fd) => [fd, attempt(() => readlinkSync(`/proc/self/fd/${fd}`))] as const);
  return Object.fromEntries(entries.flatMap(([fd, target]) => (target.ok ? [[fd, target.value]] : [])));
}

/** A directory's names; a file's size and hash, so that no secret travels. */
function look(path: string): unknown {
  if (statSync(path).isDirectory()) return readdirSync(path).slice(0, 100);
  const bytes = readFileSync(path);
  return { bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
}

function scribble(path: string): string {
  writeFileSync(path, "probe", { flag: "wx" });
  rmSync(path);
  return "written";
}

function drawRandom(draws: number) {
  const draw = <T>(source: () => T): T[] => Array.from({ length: Math.min(1000, Math.max(0, draws)) }, source);
  return {
    math: draw(() => Math.random()),
    uuid: draw(() => randomUUID()),
    webUuid: draw(() => webcrypto.randomUUID()),
    bytes: draw(() => randomBytes(16).toString("hex")),
    webcrypto: draw(() => Buffer.from(webcrypto.getRandomValues(new Uint8Array(16))).toString("hex")),
  };
}
