// The internet of tests: a server on every address, and a name server that is as hostile as they come. See test-internet.ts.
import { createSocket } from "node:dgram";
import { createServer } from "node:net";

const BULK = Buffer.alloc(400_000);
/** Port → what a connection gets. */
const SERVICES = {
  80: (socket) => socket.end(`reached ${socket.localAddress}`),
  443: (socket) => socket.end(`reached ${socket.localAddress}`),
  8443: (socket) => socket.end(`reached ${socket.localAddress}`),
  // Bandwidth: down, and up.
  81: (socket) => socket.end(BULK),
  82: (socket) => socket.resume().on("end", () => socket.end("received")),
};
const NAMES = {
  "public.example": () => "93.184.216.34",
  "metadata.example": () => "169.254.169.254",
  "private.example": () => "10.0.0.5",
  "host.example": () => "45.33.0.2",
  "loopback.example": () => "127.0.0.1",
};
/** Public when it is asked first, something else from then on. */
let rebinds = 0;
NAMES["rebind.example"] = () => (rebinds++ === 0 ? "93.184.216.34" : "10.0.0.5");

function answer(query) {
  const labels = [];
  let at = 12;
  for (let length = query[at]; length > 0; length = query[at]) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += length + 1;
  }
  const type = query.readUInt16BE(at + 1);
  const address = type === 1 ? NAMES[labels.join(".").toLowerCase()]?.() : undefined;
  const head = Buffer.from(query.subarray(0, 12));
  head.writeUInt16BE(labels.join(".") in NAMES ? 0x8180 : 0x8183, 2);
  head.writeUInt16BE(address === undefined ? 0 : 1, 6);
  head.writeUInt32BE(0, 8);
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...(address?.split(".").map(Number) ?? [])]);
  return Buffer.concat([head, query.subarray(12, at + 5), ...(address === undefined ? [] : [record])]);
}

const servers = Object.entries(SERVICES).map(([port, serve]) => {
  const server = createServer({ allowHalfOpen: true }, (socket) => serve(socket.on("error", () => undefined)));
  return new Promise((resolve) => server.listen(Number(port), "0.0.0.0", resolve));
});
const dns = createSocket("udp4");
dns.on("message", (query, from) => dns.send(answer(query), from.port, from.address));
servers.push(new Promise((resolve) => dns.bind(53, "9.9.9.53", resolve)));
await Promise.all(servers);
console.log("ready");
