/** What functions do, done in clones of a template whose module has done it before: the heap, the JIT, threads, sockets, processes. */
import { RUNTIMES } from "@zygo/contracts/names";
import { afterEach, describe, expect, it } from "vitest";
import { freezeTemplate, LIMITS, openTestHost, startInstance, type TestHost } from "./open-host.ts";

const CLONES = 12;
const limits = { ...LIMITS, memoryBytes: 256 * 2 ** 20 };

const WORK = `
  const { execFile } = require("node:child_process"), { promisify } = require("node:util"), crypto = require("node:crypto");
  const http = require("node:http"), { Worker } = require("node:worker_threads"), zlib = require("node:zlib"), fs = require("node:fs/promises");
  const v8 = require("node:v8"), vm = require("node:vm");
  v8.setFlagsFromString("--expose-gc");
  const gc = vm.runInNewContext("gc");
  const churn = () => { let live = []; for (let n = 0; n < 30; n++) live = Array.from({ length: 20000 }, (_, at) => ({ at, text: "v" + at })); gc(); gc(); return live.length; };
  const hot = () => { let sum = 0; for (let n = 0; n < 3e6; n++) sum = (sum + n * 31) % 65521; return sum; };
  const expected = hot();
  churn();
  crypto.pbkdf2("a", "b", 10, 32, "sha256", () => {});
  const served = async () => {
    const server = http.createServer((_, response) => response.end("pong"));
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    const answer = await (await fetch("http://127.0.0.1:" + server.address().port)).text();
    server.closeAllConnections(); server.close();
    return answer;
  };
  const worked = async () => {
    const worker = new Worker("require('node:worker_threads').parentPort.postMessage(41 + 1)", { eval: true });
    const answer = await new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
    await worker.terminate();
    return answer;
  };
  module.exports = { fetch: async () => {
    const first = churn();
    const done = await Promise.all([served(), worked(), promisify(execFile)(process.execPath, ["--version"]).then((out) => out.stdout.trim() === process.version),
      promisify(zlib.gunzip)(zlib.gzipSync("zygo")).then(String), promisify(crypto.pbkdf2)("a", "b", 1000, 32, "sha256").then((key) => key.length),
      fs.readFile("/app/main.cjs").then((text) => text.length > 0), new Promise((resolve) => setTimeout(resolve, 5, "timer")), import("node:os").then((os) => os.hostname())]);
    return Response.json([first, hot() === expected, churn(), ...done]);
  } };`;

let test: TestHost;
afterEach(() => test.close());

describe.each(RUNTIMES)("clones of a template of %s", (runtime) => {
  it("collect garbage, compile, serve, fetch, and run threads and processes", async () => {
    test = openTestHost();
    await test.host.startZygote(runtime);
    const template = await freezeTemplate(test, { runtime, limits, hostname: "template", layer: test.layer(WORK) });
    for (let at = 0; at < CLONES; at++) {
      const sandbox = await template.createSandbox({ limits, hostname: `clone${at}` });
      const instance = await startInstance(sandbox);
      const done = JSON.parse(await instance.call()) as unknown[];
      expect(done).toEqual([20000, true, 20000, "pong", 42, true, "zygo", 32, true, "timer", `clone${at}`]);
      await sandbox.destroy();
    }
  });
});
