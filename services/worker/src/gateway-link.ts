import { createConnection, type Socket } from "node:net";
import { encodeFrame, encodeJson, FrameError, FrameType, type Frame, type HelloPayload } from "@zygo/contracts/frames";
import { FrameLink } from "./frame-link.ts";
import type { Caller, Invocation } from "./invocation.ts";
import { parseWindow } from "./peer.ts";

/** The worker's connection to one gateway process, for all invocations of it. */
export class GatewayLink implements Caller {
  readonly #streams = new Map<number, Invocation>();
  readonly #link: FrameLink;
  readonly #onLeft: (invocation: Invocation) => void;

  constructor(address: string, hello: HelloPayload, on: { left: (invocation: Invocation) => void; end: (reason: string) => void }) {
    this.#onLeft = on.left;
    this.#link = new FrameLink(connectTo(address), {
      onFrame: (frame) => this.#receive(frame),
      onEnd: (cause) => {
        on.end(cause?.message ?? "connection closed");
        this.#leaveAll();
      },
    });
    this.#link.send(encodeJson(FrameType.hello, 0, hello));
  }

  /** Claims the invocation: from here on its frames are relayed. At once when the gateway holds a body back for it. */
  claim(invocation: Invocation): void {
    const { stream, complete } = invocation.head;
    this.#streams.set(stream, invocation);
    const frame = encodeFrame(FrameType.claim, stream, 0);
    if (complete) this.#link.sendSoon(frame);
    else this.#link.send(frame);
  }

  send(frame: Buffer): void {
    this.#link.send(frame);
  }

  forget(stream: number): void {
    this.#streams.delete(stream);
  }

  close(): void {
    this.#link.close();
  }

  #receive({ type, stream, flags, payload }: Frame): void {
    const invocation = this.#streams.get(stream);
    // Frames cross: a stream that has just ended here may get its last ones.
    if (invocation === undefined) return;
    if (type === FrameType.body) invocation.callerBody(payload, flags);
    else if (type === FrameType.window) invocation.callerWindow(parseWindow(payload));
    else if (type === FrameType.cancel) this.#leave(invocation);
    else throw new FrameError(`gateway sent a frame of type ${type}`);
  }

  #leave(invocation: Invocation): void {
    invocation.callerLeft();
    this.#onLeft(invocation);
  }

  #leaveAll(): void {
    for (const invocation of [...this.#streams.values()]) this.#leave(invocation);
  }
}

/** `unix:/path#nonce` or `tcp:host:port#nonce`. */
function connectTo(address: string): Socket {
  const [target = ""] = address.split("#");
  if (target.startsWith("unix:")) return createConnection({ path: target.slice("unix:".length) });
  const match = /^tcp:(.+):(\d{1,5})$/.exec(target);
  if (match === null) throw new TypeError("not an address of a gateway");
  return createConnection({ host: match[1] ?? "", port: Number(match[2]), noDelay: true });
}
