import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { INTERNAL_DOMAIN } from "@zygo/contracts/names";
import { answerDns } from "./dns.ts";

/** Answers on a bound UDP socket until it is closed; takes the descriptor over. */
export async function serveDns(fd: number): Promise<Socket> {
  const socket = createSocket("udp4");
  socket.on("message", (packet, from) => {
    const answer = answerDns(packet, INTERNAL_DOMAIN);
    // An answer that cannot be sent is a lost packet; the asker asks again.
    if (answer !== undefined) socket.send(answer, from.port, from.address, () => undefined);
  });
  socket.on("error", () => undefined);
  // With a descriptor, `listening` comes within `bind`.
  const listening = once(socket, "listening");
  socket.bind({ fd });
  await listening;
  return socket;
}
