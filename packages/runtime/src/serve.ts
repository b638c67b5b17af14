import { FrameError } from "@zygo/contracts/frames";
import { captureConsole } from "./console-capture.ts";
import { EXIT_UNAWAITED, superviseProcess, type Exit } from "./process-end.ts";
import { Session } from "./session.ts";
import { SocketWire } from "./socket-wire.ts";

/** An instance without a socket. `fd`: a connected stream socket to the worker. */
export interface Instance {
  /** Says hello on the socket, loads the version that the worker names, then serves its invocations until the worker closes its end. */
  begin(fd: number): void;
  /** What makes V8 aware of the memory limit once that is known, before any code of the version runs. */
  onLimit(listener: (memoryBytes: number) => void): void;
  /** What the worker's `freeze` calls; without it `freeze` is a breach of the protocol. */
  onFreeze(listener: () => void): void;
  /** An invocation is under way. */
  readonly busy: boolean;
  /** Gives up the socket; resolves when nothing of it is left. */
  detach(): Promise<void>;
  /** In a clone of a loaded process: says hello on a socket of its own when the function's `afterFork` has settled. */
  resume(fd: number): Promise<void>;
}

/**
 * Makes all of an instance but its socket, in the zygote, so that a forked child has nothing to make: the session, the captured console,
 * the supervision of how the process ends. Call it once, after `warmUp`.
 */
export function prepareInstance(): Instance {
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
  return {
    begin(fd) {
      wire.attach(fd);
      session.greet();
    },
    onLimit(listener) {
      session.watchMemory = listener;
    },
    onFreeze: (listener) => session.onFreeze(listener),
    get busy() {
      return session.busy;
    },
    async detach() {
      await session.channel.drained();
      await wire.detach();
    },
    resume(fd) {
      wire.attach(fd);
      return session.resume();
    },
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
