// relay.mjs <port> <socket>: a TCP port of the network namespace it runs in leads to a Unix socket, which no namespace hides.
import { connect, createServer } from "node:net";

const [port, path] = process.argv.slice(2);
createServer((inner) => {
  const outer = connect(path);
  for (const [one, other] of [
    [inner, outer],
    [outer, inner],
  ])
    one.on("error", () => undefined).on("close", () => other.destroy());
  inner.pipe(outer).pipe(inner);
}).listen(Number(port), "0.0.0.0", () => console.log("ready"));
