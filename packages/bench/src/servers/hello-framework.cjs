// Google's functions framework that answers "hello" on a free port of loopback, which it says on stdout. Argument: path of its
// module `testing`, which gives the server that its command starts as well, and lets the caller choose the port.
const { writeSync } = process.getBuiltinModule("node:fs");
const { createRequire } = process.getBuiltinModule("node:module");

const load = createRequire(process.argv[2]);
load("./index.js").http("hello", (_, response) => response.send("hello\n"));
const server = load("./testing.js").getTestServer("hello");
server.listen(0, "127.0.0.1", () => writeSync(1, `${server.address().port}\n`));
