// Bun's own server that answers "hello" on a free port of loopback, which it says on stdout.
import { writeSync } from "node:fs";

const server = globalThis.Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response("hello\n") });
writeSync(1, `${server.port}\n`);
