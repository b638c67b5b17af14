/** Tries to reach what its query names, by the network: `?to=<host>&port=`, `?resolve=<name>`, `?listen=<port>`, `?down=` and `?up=<host>`. */
import { lookup } from "node:dns/promises";
import { connect, createServer } from "node:net";
import { networkInterfaces } from "node:os";

const PATIENCE_MS = 2_000;
const BULK = Buffer.alloc(400_000);

export default {
  async fetch(request: Request): Promise<Response> {
    const asked = new URL(request.url).searchParams;
    const [to, port] = [asked.get("to"), Number(asked.get("port") ?? 80)];
    if (to !== null) return Response.json({ outcome: await dial(to, port, PATIENCE_MS) });
    if (asked.has("resolve")) return Response.json({ outcome: await resolve(asked.get("resolve") ?? "") });
    if (asked.has("listen")) return Response.json({ outcome: await listen(Number(asked.get("listen"))) });
    const bulk = asked.get("down") ?? asked.get("up") ?? "";
    const startedMs = performance.now();
    const outcome = await dial(bulk, asked.has("down") ? 81 : 82, 20_000, asked.has("up") ? BULK : undefined);
    return Response.json({ outcome, ms: performance.now() - startedMs });
  },
};

/** What the other end said, its size when it is long; else the error's code. */
function dial(host: string, port: number, patienceMs: number, sent?: Buffer): Promise<string> {
  return new Promise((resolve) => {
    let [said, bytes] = ["", 0];
    const socket = connect({ host, port });
    socket.setTimeout(patienceMs, () => socket.destroy(Object.assign(new Error(), { code: "TIMEOUT" })));
    if (sent !== undefined) socket.end(sent);
    else if (port !== 81) socket.write("GET / HTTP/1.0\r\n\r\n");
    socket.on("data", (chunk) => {
      bytes += chunk.length;
      if (said.length < 1_000) said += chunk.toString("latin1");
    });
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.on("close", () => resolve(bytes > 1_000 ? `${bytes} bytes` : said.slice(0, 200) || "nothing"));
  });
}

async function resolve(name: string): Promise<string> {
  try {
    return (await lookup(name, { all: true })).map(({ address }) => address).join(",");
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

function listen(port: number): Promise<string> {
  return new Promise((resolve) => {
    const server = createServer((socket) => void socket.end("reached a sandbox"));
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(port, "0.0.0.0", () => resolve(networkInterfaces()["eth0"]?.[0]?.address ?? "no address"));
  });
}
