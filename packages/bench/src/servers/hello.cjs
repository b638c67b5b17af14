// node:http that answers "hello". Argument: path of a Unix socket; without it, a free port of loopback. Says where it listens on stdout.
// By the built-ins alone and without console, whose first use costs a millisecond.
const { createServer } = process.getBuiltinModule("node:http");
const { rmSync, writeSync } = process.getBuiltinModule("node:fs");

const [, , path] = process.argv;
const server = createServer((_, response) => response.end("hello\n"));
const say = () => writeSync(1, `${path ?? server.address().port}\n`);
if (path === undefined) server.listen(0, "127.0.0.1", say);
else {
  // The one of before was killed, and its socket is still there.
  rmSync(path, { force: true });
  server.listen(path, say);
}
