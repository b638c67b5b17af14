import type { LogLevel } from "./settings.ts";
import { stdoutSink, type LogSink } from "./log-sink.ts";

const RANK = { debug: 10, info: 20, warn: 30, error: 40 } as const satisfies Record<LogLevel, number>;
type Fields = Record<string, unknown>;

/** Milliseconds that lines may wait to be written together; a warning or an error goes out at once. */
const GATHER_MS = 20;
const GATHER_CHARS = 32 * 1024;

export interface Log {
  debug(msg: string, fields?: Fields): void;
  info(msg: string, fields?: Fields): void;
  warn(msg: string, fields?: Fields): void;
  error(msg: string, fields?: Fields): void;
  /** Writes what waits. For the end of the process. */
  flush(): void;
}

/**
 * One JSON line an event, gathered for a few milliseconds, so that an invocation does not cost a system call of its own.
 * Never throws: a line that cannot be rendered or written is lost.
 */
export function createLog({ service, level, sink = stdoutSink(service) }: { service: string; level: LogLevel; sink?: LogSink }): Log {
  let waiting = "";
  let timer: NodeJS.Timeout | undefined;
  const pass = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting !== "") sink.write(waiting);
    waiting = "";
  };
  const line = (at: LogLevel, msg: string, fields?: Fields): void => {
    if (RANK[at] < RANK[level]) return;
    waiting += render(service, at, msg, fields);
    if (RANK[at] >= RANK.warn || waiting.length > GATHER_CHARS) pass();
    else timer ??= setTimeout(pass, GATHER_MS);
  };
  return {
    debug: (msg, fields) => line("debug", msg, fields),
    info: (msg, fields) => line("info", msg, fields),
    warn: (msg, fields) => line("warn", msg, fields),
    error: (msg, fields) => line("error", msg, fields),
    flush: () => {
      pass();
      sink.flush();
    },
  };
}

function render(service: string, level: LogLevel, msg: string, fields?: Fields): string {
  const first = { time: new Date().toISOString(), level, service, msg };
  try {
    return `${JSON.stringify({ ...first, ...fields }, errorsToo)}\n`;
  } catch {
    return `${JSON.stringify({ ...first, fields: "not renderable" })}\n`;
  }
}

function errorsToo(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  return { name: value.name, message: value.message, stack: value.stack, cause: value.cause };
}
