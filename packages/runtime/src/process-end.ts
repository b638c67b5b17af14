import type { EventEmitter } from "node:events";
import type { Session } from "./session.ts";

/** EX_SOFTWARE: an error that no handler awaited. @source sysexits.h */
export const EXIT_UNAWAITED = 70;
const FLUSH_MS = 500;

/** Ends this process at once, without Node's orderly shutdown, which would join threads that a forked process does not have. */
export type Exit = (code: number) => never;

/** Decides how this process ends: by what the function left unawaited, or by its `process.exit`. */
export function superviseProcess(session: Session, exit: Exit): void {
  superviseErrors(session, exit);
  let leaving = false;
  process.exit = (code?: number | string | null): never => {
    if (code !== undefined) process.exitCode = code;
    if (!leaving) {
      leaving = true;
      tellListeners();
    }
    session.sink.flushSources();
    session.channel.flushNow(FLUSH_MS);
    return exit(Number(process.exitCode ?? 0));
  };
}

/** What a function left unawaited ends its process, as in Node, unless the function listens for it itself. */
function superviseErrors(session: Session, exit: Exit): void {
  let dying = false;
  const end = (code: string, thrown: unknown): void => {
    session.failUnawaited(code, thrown);
    if (dying) return;
    dying = true;
    void leave(session, exit);
  };
  listen("uncaughtException", (thrown) => end("FUNCTION_ERROR", thrown));
  listen("unhandledRejection", (thrown) => end("FUNCTION_UNHANDLED_REJECTION", thrown));
}

function listen(event: "uncaughtException" | "unhandledRejection", end: (thrown: unknown) => void): void {
  const listener = (thrown: unknown): void => {
    if (process.listenerCount(event) === 1) end(thrown);
  };
  process.on(event, listener);
  // Without a listener Node would end the process in its own way.
  process.on("removeListener", (name, removed) => {
    if (name === event && removed === listener) (process as unknown as EventEmitter).prependListener(event, listener);
  });
}

async function leave(session: Session, exit: Exit): Promise<void> {
  session.sink.flushSources();
  setTimeout(() => exit(EXIT_UNAWAITED), FLUSH_MS);
  await session.channel.drained();
  exit(EXIT_UNAWAITED);
}

function tellListeners(): void {
  try {
    (process as unknown as EventEmitter).emit("exit", Number(process.exitCode ?? 0));
  } catch {
    // A listener that throws cannot keep the process from ending.
  }
}
