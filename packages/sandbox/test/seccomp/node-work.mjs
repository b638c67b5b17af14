/**
 * What a function may do with Node, once each. Run under the instance policy; prints `{name: "ok" | error}` as JSON, exits 0.
 * Plain JavaScript, since every runtime runs it.
 */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { pbkdf2, randomBytes, randomUUID, scrypt, subtle } from "node:crypto";
import dgram from "node:dgram";
import dns from "node:dns";
import { once } from "node:events";
import * as fs from "node:fs";
import http from "node:http";
import net from "node:net";
import os from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import zlib from "node:zlib";

const DEADLINE_MS = 15_000;
const dir = fs.mkdtempSync(join(os.tmpdir(), "node-work-"));
const inDir = (name) => join(dir, name);

const work = {
  async files() {
    await fs.promises.writeFile(inDir("a"), "text", { mode: 0o600 });
    await fs.promises.appendFile(inDir("a"), "more");
    await fs.promises.copyFile(inDir("a"), inDir("b"));
    await fs.promises.copyFile(inDir("a"), inDir("clone"), fs.constants.COPYFILE_FICLONE);
    await fs.promises.rename(inDir("b"), inDir("c"));
    await fs.promises.chmod(inDir("c"), 0o640);
    await fs.promises.chown(inDir("c"), process.getuid(), process.getgid());
    await fs.promises.utimes(inDir("c"), 1, 2);
    await fs.promises.link(inDir("c"), inDir("d"));
    await fs.promises.symlink("c", inDir("e"));
    await fs.promises.truncate(inDir("d"), 2);
    await fs.promises.mkdir(inDir("deep/deeper"), { recursive: true });
    await fs.promises.cp(inDir("a"), inDir("deep/deeper/a"));
    await fs.promises.access(inDir("a"));
    await fs.promises.statfs(dir);
    assert.equal(await fs.promises.readlink(inDir("e")), "c");
    assert.equal(await fs.promises.readFile(inDir("c"), "utf8"), "te");
    assert.equal((await fs.promises.readdir(dir)).length, 6);
    assert.equal(await fs.promises.realpath(inDir("e")), fs.realpathSync(inDir("c")));
    await fs.promises.rm(inDir("deep"), { recursive: true });
  },
  async handles() {
    const handle = await fs.promises.open(inDir("handle"), "w+");
    await handle.write(Buffer.alloc(100_000, 1), 0, 100_000, 0);
    await handle.writev([Buffer.from("a"), Buffer.from("b")], 0);
    await handle.datasync();
    await handle.sync();
    assert.equal((await handle.readv([Buffer.alloc(10), Buffer.alloc(10)], 0)).bytesRead, 20);
    await handle.close();
    await pipeline(fs.createReadStream(inDir("handle")), zlib.createGzip(), fs.createWriteStream(inDir("gz")));
  },
  async watch() {
    const stop = new AbortController();
    const events = fs.promises.watch(dir, { signal: stop.signal });
    const first = events.next();
    await delay(50);
    await fs.promises.writeFile(inDir("watched"), "");
    assert.equal((await first).value.filename, "watched");
    stop.abort();
  },
  async crypto() {
    await promisify(pbkdf2)("a", "b", 1000, 32, "sha256");
    await promisify(scrypt)("a", "b", 32);
    assert.notDeepEqual(await promisify(randomBytes)(16), randomBytes(16));
    assert.notEqual(randomUUID(), randomUUID());
    await subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign"]);
  },
  async compression() {
    for (const name of ["gzip", "brotliCompress", "zstdCompress"]) {
      if (name in zlib) assert.ok((await promisify(zlib[name])(Buffer.alloc(100_000))).length < 1000);
    }
  },
  async timers() {
    await delay(2);
    await new Promise(setImmediate);
    await new Promise((resolve) => process.nextTick(resolve));
  },
  async fetch() {
    const server = http.createServer((request, response) => request.pipe(response));
    await once(server.listen(0, "127.0.0.1"), "listening");
    const url = `http://127.0.0.1:${server.address().port}/`;
    const answers = await Promise.all(Array.from({ length: 5 }, () => fetch(url, { method: "POST", body: "x".repeat(300_000) })));
    for (const answer of answers) assert.equal((await answer.text()).length, 300_000);
    server.close();
    server.closeAllConnections();
  },
  async ipv6() {
    const server = net.createServer((socket) => socket.end("six"));
    try {
      await once(server.listen(0, "::1"), "listening");
    } catch (error) {
      if (error.code === "EADDRNOTAVAIL" || error.code === "EAFNOSUPPORT") return;
      throw error;
    }
    const [data] = await once(net.connect(server.address().port, "::1"), "data");
    assert.equal(String(data), "six");
    server.close();
  },
  async unixSockets() {
    const server = net.createServer((socket) => socket.end("unix"));
    await once(server.listen(inDir("socket")), "listening");
    const [data] = await once(net.connect(inDir("socket")), "data");
    assert.equal(String(data), "unix");
    server.close();
  },
  async udp() {
    const socket = dgram.createSocket({ type: "udp4", reuseAddr: true });
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    socket.setTTL(9);
    const message = once(socket, "message");
    for (let i = 0; i < 20; i++) socket.send(`ping${i}`, socket.address().port, "127.0.0.1");
    assert.match(String((await message)[0]), /^ping/);
    socket.close();
    const zoned = dgram.createSocket("udp6");
    zoned.bind(0, "::");
    await once(zoned, "listening");
    zoned.setMulticastInterface("::%lo");
    zoned.close();
  },
  async dns() {
    assert.match((await dns.promises.lookup("localhost")).address, /^(127\.|::1)/);
    assert.ok((await dns.promises.lookup("localhost", { all: true })).length > 0);
    const resolver = new dns.promises.Resolver({ timeout: 50, tries: 1 });
    resolver.setServers(["127.0.0.1:9"]);
    await assert.rejects(resolver.resolve4("fn.internal"), { code: /^E(CONNREFUSED|TIMEOUT)$/ });
  },
  machine() {
    assert.ok("lo" in os.networkInterfaces());
    assert.ok(os.cpus().length > 0 && os.totalmem() > os.freemem() && os.availableParallelism() > 0);
    assert.ok([os.uptime(), os.loadavg(), os.hostname(), os.version(), process.resourceUsage(), process.cpuUsage()].every(Boolean));
    assert.ok(process.memoryUsage().rss > 0 && process.constrainedMemory() >= 0 && process.availableMemory() > 0);
    os.setPriority(os.getPriority());
    process.title = "work";
    process.umask(process.umask());
    process.chdir(process.cwd());
    assert.ok(process.getgroups().length >= 0);
    assert.equal(process.report.getReport().header.processId, process.pid);
  },
  async signals() {
    const got = once(process, "SIGUSR2");
    process.kill(process.pid, "SIGUSR2");
    await got;
  },
  async spawnNode() {
    const child = spawn(process.execPath, ["-e", "process.stdin.pipe(process.stdout)"], { stdio: ["pipe", "pipe", "inherit"] });
    child.stdin.end("through a child");
    const [chunk] = await once(child.stdout, "data");
    assert.equal(String(chunk), "through a child");
    assert.deepEqual(await once(child, "exit"), [0, null]);
  },
  async forkNode() {
    const child = spawn(process.execPath, ["-e", "process.send(7)"], { stdio: ["ignore", "inherit", "inherit", "ipc"], detached: true });
    const exited = once(child, "exit");
    assert.equal((await once(child, "message"))[0], 7);
    await exited;
  },
  shell() {
    const { status, stdout } = spawnSync("/bin/sh", ["-c", "echo $((1+1)) | cat; ls / | wc -l; test -d /tmp"], { encoding: "utf8" });
    assert.equal(status, 0);
    assert.match(stdout, /^2\n\d+\n$/);
  },
  otherUid() {
    assert.throws(() => spawn(process.execPath, ["-e", ""], { uid: 4321 }), { code: "EPERM" });
  },
  async workers() {
    const source = "const {parentPort, workerData} = require('worker_threads'); parentPort.postMessage(Atomics.add(workerData, 0, 1))";
    const shared = new Int32Array(new SharedArrayBuffer(4));
    const workers = Array.from({ length: 3 }, () => new Worker(source, { eval: true, workerData: shared }));
    await Promise.all(workers.map((worker) => once(worker, "exit")));
    assert.equal(shared[0], 3);
  },
  async wasm() {
    const add = "0061736d0100000001070160027f7f017f030201000707010361646400000a09010700200020016a0b";
    const { instance } = await WebAssembly.instantiate(Buffer.from(add, "hex"));
    assert.equal(new WebAssembly.Memory({ initial: 1, maximum: 4 }).grow(2), 1);
    let sum = 0;
    for (let i = 0; i < 200_000; i++) sum = instance.exports.add(sum, 1);
    assert.equal(sum, 200_000);
  },
  jit() {
    const f = new Function("n", "let s = 0; for (let i = 0; i < n; i++) s = (s * 31 + i) | 0; return s");
    for (let i = 0; i < 50; i++) f(100_000);
  },
  garbage() {
    setFlagsFromString("--expose-gc");
    let keep = [];
    for (let i = 0; i < 50; i++) keep = [...keep.slice(-5), Array.from({ length: 20_000 }, (_, n) => ({ n }))];
    new Function("globalThis.gc?.()")();
    assert.ok(getHeapStatistics().used_heap_size > 0);
  },
  stdio() {
    assert.equal(fs.fstatSync(1).isDirectory(), false);
    assert.equal(typeof (process.stdout.isTTY ?? false), "boolean");
  },
};

async function attempt(task) {
  const deadline = new AbortController();
  const late = delay(DEADLINE_MS, "deadline", { signal: deadline.signal });
  try {
    return (await Promise.race([Promise.resolve(task()).then(() => "ok"), late])) ?? "ok";
  } catch (error) {
    return String(error?.stack ?? error);
  } finally {
    deadline.abort();
    late.catch(() => {});
  }
}

const results = {};
for (const [name, task] of Object.entries(work)) results[name] = await attempt(task);
fs.rmSync(dir, { recursive: true });
console.log(JSON.stringify(results));
process.exit(0);
