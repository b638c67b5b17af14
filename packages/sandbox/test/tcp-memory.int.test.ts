import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { cgroupPaths } from "./cgroup-files.ts";
import { LIMITS, openTestHost, startInstance, type TestHost } from "./open-host.ts";

const MIB = 2 ** 20;
const SENT_BYTES = 512 * MIB;

/** Fills the buffers of connections to itself that nobody reads from. */
const FILLER = `
  const net = require("node:net");
  const piece = Buffer.alloc(8 * ${MIB});
  const connected = (port) => new Promise((resolve, reject) => {
    const socket = net.connect(port, "127.0.0.1", () => resolve(socket)).on("error", reject);
  });
  exports.fetch = async () => {
    const server = net.createServer({ pauseOnConnect: true }, () => {});
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    for (let at = 0; at < ${SENT_BYTES} / piece.length; at++) (await connected(server.address().port)).write(piece);
    await new Promise((resolve) => setTimeout(resolve, 300));
    return new Response("filled");
  };`;

let test: TestHost;
beforeAll(async () => {
  test = openTestHost();
  await test.host.startZygote("node24");
}, 30_000);
afterAll(() => test.close());

// v2 charges them to memory.max.
it.skipIf(!cgroupPaths(process.pid).has("memory"))(
  "bounds the buffers of TCP sockets, in a pooled sandbox too (cgroup v1)",
  async () => {
    const sandbox = await test.host.create({ runtime: "node24", limits: LIMITS, hostname: "filler" });
    const instance = await startInstance(sandbox);
    await sandbox.assign({ layer: test.layer(FILLER), limits: { ...LIMITS, memoryBytes: 2 * LIMITS.memoryBytes } });
    await instance.load();
    expect(await instance.call()).toBe("filled");
    const group = cgroupPaths(instance.process.pid).get("memory") ?? "";
    const bytes = (name: string): number => Number(readFileSync(join(group, `memory.kmem.tcp.${name}`), "utf8"));
    expect(bytes("limit_in_bytes")).toBe(LIMITS.memoryBytes / 2);
    expect(bytes("max_usage_in_bytes")).toBeGreaterThan(LIMITS.memoryBytes / 4);
    // What a connection needs to go on at all is given beyond the limit.
    expect(bytes("max_usage_in_bytes")).toBeLessThan(LIMITS.memoryBytes);
  },
  30_000,
);
