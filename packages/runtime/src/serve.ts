import { FrameError } from "@zygo/contracts/frames";
import { captureConsole } from "./console-capture.ts";
import { EXIT_UNAWAITED, superviseProcess, type Exit } from "./process-end.ts";
import { Session } from "./session.ts";
import { SocketWire } from "./socket-wire.ts";

export interface ServeOptions {
  /** A connected stream socket to the worker. */
  fd: number;
}

/**
 * Makes all of an instance but its socket, in the zygote, so that a forked child has nothing to make: the session, the captured console,
 * the supervision of how the process ends. Call it once, after `warmUp`.
 * @returns what makes the forked process an instance: it says hello on the socket, loads the version that the worker names, then serves
 * its invocations until the worker closes its end.
 */
export function prepareInstance(): (options: ServeOptions) => void {
  // The zygote has made it `_exit(2)`: taken now, before a function can replace it.
  const exit = (process as unknown as { reallyExit(code: number): never }).reallyExit.bind(process);
  const wire = new SocketWire({
    onBytes: (bytes) => receive(session, bytes, exit),
    onEnd: () => exit(0),
  });
  const session = new Session(wire);
  receive(session, Buffer.alloc(0), exit); // compiled here, not in each child
  captureConsole(session.sink);
  superviseProcess(session, exit);
  return ({ fd }) => {
    wire.attach(fd);
    session.greet();
  };
}

/** A worker that breaks the protocol cannot be answered. */
function receive(session: Session, bytes: Buffer, exit: Exit): void {
  try {
    session.channel.receive(bytes);
  } catch (error) {
    if (error instanceof FrameError) exit(EXIT_UNAWAITED);
    throw error;
  }
}
