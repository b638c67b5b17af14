import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { INTERNAL_DOMAIN } from "@zygo/contracts/names";
import { readDns, type DnsQuestion } from "./dns.ts";
import { Pace } from "./pace.ts";

/** Packets that a sandbox may send, far above what resolving takes. Each costs the worker a wake-up. */
const PACKETS_PER_SECOND = 2_000;
/** For how long a sandbox that sent more has no resolver, milliseconds: its packets then cost nothing. */
const DEAF_MS = 1_000;

export interface DnsService {
  close(): void;
}

/**
 * Answers what is asked of the resolver inside a sandbox, until closed. `bind` makes its socket, a bound descriptor that is taken over; it is
 * called again after a flood. `answer` is asked about names that are not this platform's; undefined: no answer.
 */
export async function serveDns(
  bind: () => Promise<{ fd: number }>,
  answer: (question: DnsQuestion) => Promise<Buffer | undefined>,
): Promise<DnsService> {
  const pace = new Pace(PACKETS_PER_SECOND);
  let socket: Socket | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  const stop = (): void => {
    socket?.close();
    socket = undefined;
  };
  const start = async (): Promise<void> => {
    const { fd } = await bind();
    const opened = createSocket("udp4");
    opened.on("error", () => undefined);
    opened.on("message", (packet, from) => {
      if (opened !== socket) return;
      if (pace.note(1, Date.now()) === 0) return void reply(opened, packet, from);
      stop();
      timer = setTimeout(() => void start().catch(() => undefined), DEAF_MS).unref();
    });
    // With a descriptor, `listening` comes within `bind`.
    const listening = once(opened, "listening");
    opened.bind({ fd });
    await listening;
    if (closed) opened.close();
    else socket = opened;
  };
  const reply = async (on: Socket, packet: Buffer, from: { port: number; address: string }): Promise<void> => {
    const read = readDns(packet, INTERNAL_DOMAIN);
    if (read === undefined) return;
    const said = "answer" in read ? read.answer : await answer(read.question);
    // An answer that cannot be sent is a lost packet; the asker asks again.
    if (said !== undefined && on === socket) on.send(said, from.port, from.address, () => undefined);
  };
  await start();
  return {
    close() {
      closed = true;
      clearTimeout(timer);
      stop();
    },
  };
}
